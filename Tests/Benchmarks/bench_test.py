# SPDX-License-Identifier: Apache-2.0
"""The parts of the benchmark that only calculate: what is wrong here would not show in a table."""
import os
import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Budgets"))
from chart import chart                                                                    # noqa: E402
from results import BEGIN, END, between_marks, figure, markdown, readme_part, remarks      # noqa: E402
from results import summary_table                                                          # noqa: E402
from stage import cores_for, cpu_seconds, descriptors, machine_seconds, memory_kib         # noqa: E402


def sample(cpu, foreign=0.0):
    return {"cpu_us": cpu, "per_second": 1e6 / cpu, "foreign": foreign}


def result(rounds, **more):
    products = list(dict.fromkeys(name for each in rounds for name in each))
    return {"title": "GET, small", "kind": "load", "metric": "cpu_us", "says": "CPU", "products": products, "once": {},
            "columns": [("CPU µs", "cpu_us", 1), ("× floor", "floor", 2), ("calls", "calls", 2)], "failed": [],
            "rounds": rounds, **more}


def report(*results):
    return {"machine": {"date": "today", "cores": 2, "processor": "a <fast> one", "kernel": "6"}, "rounds": 3,
            "seconds": 1, "versions": {"nginx": "1"}, "scenarios": {str(i): each for i, each in enumerate(results)}}


# The second round was disturbed: twice the time for everybody.
ROUNDS = [{"floor, libev": sample(10), "nginx": sample(16), "haproxy": sample(15), "proxy-server": sample(12)},
          {"floor, libev": sample(20), "nginx": sample(32), "haproxy": sample(30), "proxy-server": sample(22)},
          {"floor, libev": sample(10), "nginx": sample(15), "proxy-server": sample(13)}]


class Figures(unittest.TestCase):
    def test_medians_are_of_the_rounds_that_have_a_figure(self):
        self.assertEqual(figure(result(ROUNDS), "proxy-server", "cpu_us"), 13)
        self.assertEqual(figure(result(ROUNDS), "haproxy", "cpu_us"), 22.5)
        self.assertIsNone(figure(result(ROUNDS), "proxy-server", "calls"))

    def test_ratios_are_taken_within_rounds_that_have_both(self):
        self.assertAlmostEqual(figure(result(ROUNDS), "proxy-server", "floor"), 1.2)
        self.assertAlmostEqual(figure(result(ROUNDS), "proxy-server", "haproxy"), (12 / 15 + 22 / 30) / 2)

    def test_no_ratio_to_a_product_that_took_no_part(self):
        alone = [{"proxy-server": sample(12)}]
        self.assertIsNone(figure(result(alone), "proxy-server", "nginx"))

    def test_two_workers_are_compared_with_one(self):
        rounds = [{"nginx, 1 worker": sample(20), "nginx, 2 workers": sample(10)}]
        self.assertAlmostEqual(figure(result(rounds), "nginx, 2 workers", "one"), 2)

    def test_what_is_counted_once_is_shown_as_it_is(self):
        counted = result(ROUNDS, once={"nginx": {"calls": 5.04}})
        self.assertEqual(figure(counted, "nginx", "calls"), 5.04)

    def test_the_summary_has_our_line_and_marks_where_we_are_better(self):
        line = "| GET, small: CPU | 13.0 µs | 1.20 | **0.75** | **0.77** |"
        self.assertIn(line, summary_table(report(result(ROUNDS))))

    def test_a_busy_machine_and_failures_are_told(self):
        busy = result([{"nginx": sample(1, foreign=0.5)}], failed=["nginx: 3 requests failed"])
        told = "\n".join(remarks(report(busy)))
        self.assertIn("FAILED: GET, small: nginx: 3 requests failed", told)
        self.assertIn("in 1 of 1 runs", told)
        self.assertEqual(remarks(report(result(ROUNDS))), [])

    def test_a_failed_product_leaves_its_cells_empty(self):
        self.assertIn("| haproxy | – | – | – |", markdown(report(result([{"nginx": sample(1), "haproxy": {}}]))))


class Documents(unittest.TestCase):
    def test_only_what_stands_between_the_marks_is_replaced(self):
        text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
        self.assertEqual(between_marks(text, "new"), f"before\n{BEGIN}\nnew\n{END}\nafter\n")
        with self.assertRaises(ValueError):
            between_marks("no marks", "new")

    def test_the_readme_is_told_of_failures_too(self):
        two = {"proxy-server, 1 worker": sample(20), "proxy-server, 2 workers": sample(10)}
        whole = report(result(ROUNDS), result([two], kind="workers", failed=["nginx: gone"]))
        whole["scenarios"] = dict(zip(("small", "workers"), whole["scenarios"].values()))
        text = readme_part(whole)
        self.assertIn("Two workers serve 2.00 times as many requests as one (nginx –", text)
        self.assertIn("- FAILED: GET, small: nginx: gone", text)

    def test_the_chart_is_well_formed_and_has_a_bar_for_each_product(self):
        image = xml.etree.ElementTree.fromstring(chart(report(result(ROUNDS))))
        self.assertEqual(sum(e.tag.endswith("rect") for e in image.iter()), 3 + 4)     # and the legend


class Kernel(unittest.TestCase):
    def test_one_worker_has_a_core_for_itself_where_there_are_two(self):
        products, load = cores_for(1)
        self.assertEqual(products == load, len(os.sched_getaffinity(0)) == 1)

    def test_the_kernel_is_understood(self):
        pid = os.getpid()
        sum(range(3_000_000))
        self.assertGreater(sum(cpu_seconds(pid)), 0)
        self.assertGreater(machine_seconds(), sum(cpu_seconds(pid)))
        self.assertGreater(memory_kib(pid), 1000)
        self.assertGreaterEqual(descriptors(pid), 3)


if __name__ == "__main__":
    unittest.main()
