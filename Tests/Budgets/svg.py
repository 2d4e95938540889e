# SPDX-License-Identifier: Apache-2.0
"""What every drawing of a measurement is made of: one SVG without anything from elsewhere."""
from html import escape


def text(x, y, content, kind="", anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{escape(content)}</text>'


def document(width, height, label, style, elements):
    """`label` is read out to those who do not see it."""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(label)}">\n'
            f"  <style>{style}\n  </style>\n  " + "\n  ".join(elements) + "\n</svg>\n")
