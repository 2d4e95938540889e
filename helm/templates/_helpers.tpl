{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* Names and labels. */ -}}

{{- define "eventhttp.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* What all names begin with: the release's name, with the chart's name unless that is in it. */ -}}
{{- define "eventhttp.fullname" -}}
{{- $name := include "eventhttp.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name -}}
{{- end -}}
{{- end -}}

{{- define "eventhttp.serviceAccountName" -}}
{{- $made := ternary (include "eventhttp.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $made .Values.serviceAccount.name -}}
{{- end -}}

{{- define "eventhttp.configMapName" -}}
{{- default (printf "%s-proxy" (include "eventhttp.fullname" .)) .Values.config.existingConfigMap -}}
{{- end -}}

{{- /* What selects pods, which can never change: (dict "root" $ "name" app-server|proxy-server "component" …). */ -}}
{{- define "eventhttp.selectorLabels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{- /* Labels of pods: without versions, so that an upgrade that changes nothing else replaces no pod. */ -}}
{{- define "eventhttp.podLabels" -}}
{{ include "eventhttp.selectorLabels" . }}
app.kubernetes.io/part-of: {{ include "eventhttp.name" .root }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Labels of everything else. */ -}}
{{- define "eventhttp.labels" -}}
{{ include "eventhttp.podLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Labels of what belongs to no workload. */ -}}
{{- define "eventhttp.chartLabels" -}}
{{ include "eventhttp.labels" (dict "root" . "name" (include "eventhttp.name" .)) }}
{{- end -}}

{{- /* An image's reference: (dict "root" $ "image" …image). A digest goes before a tag. */ -}}
{{- define "eventhttp.image" -}}
{{- $global := .root.Values.image -}}
{{- with $global.registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}
{{- else }}:{{ coalesce .image.tag $global.tag .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- /* One app with its defaults, as YAML: (dict "root" $ "app" …). */ -}}
{{- define "eventhttp.app" -}}
{{- mustMergeOverwrite (mustDeepCopy .root.Values.appDefaults) .app | toYaml -}}
{{- end -}}

{{- /* All workloads, as YAML {items: [{name, component, label, port, values}]}: the apps, then the proxy. */ -}}
{{- define "eventhttp.workloads" -}}
{{- $items := list -}}
{{- $fullname := include "eventhttp.fullname" . -}}
{{- range .Values.apps -}}
{{- $values := include "eventhttp.app" (dict "root" $ "app" .) | fromYaml -}}
{{- $items = append $items (dict "name" (printf "%s-%s" $fullname .name) "component" .name "label" "app-server"
    "values" $values) -}}
{{- end -}}
{{- $items = append $items (dict "name" (printf "%s-proxy" $fullname) "component" "proxy" "label" "proxy-server"
    "values" .Values.proxy) -}}
{{- toYaml (dict "items" $items) -}}
{{- end -}}

{{- /* Seconds between the order to end and the kill, of one workload's values. */ -}}
{{- define "eventhttp.gracePeriod" -}}
{{- $needed := add .drain.delay .drain.timeout .preStopSleepSeconds 5 -}}
{{- .terminationGracePeriodSeconds | int | default ($needed | int) -}}
{{- end -}}
