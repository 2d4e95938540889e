{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /*
A Deployment, the same for apps and proxy:
  root, name, component, label, values   the workload (see eventhttp.workloads)
  args           what the container is run with
  ports          container ports as {name: number}; probes ask the one called `probe`
  probe          the name of the port that answers probes
  volumes, mounts, annotations   beside those of the values
*/ -}}
{{- define "eventhttp.deployment" -}}
{{- $values := .values -}}
{{- $labels := dict "root" .root "name" .label "component" .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "eventhttp.labels" $labels | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas | int }}
  {{- end }}
  revisionHistoryLimit: 5
  minReadySeconds: {{ $values.rollout.minReadySeconds | int }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ $values.rollout.maxSurge }}
      maxUnavailable: {{ $values.rollout.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "eventhttp.selectorLabels" $labels | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "eventhttp.podLabels" $labels | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with merge (dict) .annotations $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "eventhttp.podSpec" .root | nindent 6 }}
      terminationGracePeriodSeconds: {{ include "eventhttp.gracePeriod" $values }}
      {{- include "eventhttp.scheduling" . | nindent 6 }}
      containers:
        - name: {{ .label }}
          image: {{ include "eventhttp.image" (dict "root" .root "image" $values.image) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          {{- with $values.command }}
          command:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with .args }}
          args:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            {{- range $name, $port := .ports }}
            - name: {{ $name }}
              containerPort: {{ $port | int }}
              protocol: TCP
            {{- end }}
          {{- $probePort := .probe }}
          {{- range $kind := list "startup" "readiness" "liveness" }}
          {{- with get $values.probes $kind }}
          {{ $kind }}Probe:
            httpGet:
              path: {{ .path }}
              port: {{ $probePort }}
            periodSeconds: {{ .periodSeconds | int }}
            timeoutSeconds: {{ .timeoutSeconds | int }}
            failureThreshold: {{ .failureThreshold | int }}
          {{- end }}
          {{- end }}
          {{- if $values.preStopSleepSeconds }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ $values.preStopSleepSeconds | int }}
          {{- end }}
          {{- with $values.extraEnv }}
          env:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with $values.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "eventhttp.containerSecurity" .root | nindent 12 }}
          {{- with concat (.mounts | default list) $values.extraVolumeMounts }}
          volumeMounts:
            {{- toYaml . | nindent 12 }}
          {{- end }}
      {{- with concat (.volumes | default list) $values.extraVolumes }}
      volumes:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{- /* What every pod's spec has, those of `helm test` too. No token: nothing here asks the Kubernetes API. */ -}}
{{- define "eventhttp.podSpec" -}}
serviceAccountName: {{ include "eventhttp.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .Values.podSecurity.runAsUser | int }}
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  fsGroup: {{ . }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "eventhttp.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* Which nodes a workload's pods prefer. */ -}}
{{- define "eventhttp.scheduling" -}}
{{- $values := .values -}}
{{- $selector := include "eventhttp.selectorLabels" (dict "root" .root "name" .label "component" .component) | fromYaml -}}
{{- $apart := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" $selector) -}}
{{- with $values.topologySpread -}}
topologySpreadConstraints:
  {{- range . }}
  - topologyKey: {{ .topologyKey }}
    maxSkew: {{ .maxSkew | default 1 | int }}
    whenUnsatisfiable: {{ .whenUnsatisfiable | default "ScheduleAnyway" }}
    {{- /* Each revision of the pods is spread by itself, or an update would see the old ones in the way. */}}
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- toYaml $selector | nindent 8 }}
  {{- end }}
{{- end }}
{{- if $values.affinity }}
affinity:
  {{- toYaml $values.affinity | nindent 2 }}
{{- else if eq $values.podAntiAffinity "soft" }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          {{- toYaml $apart | nindent 10 }}
{{- else if eq $values.podAntiAffinity "hard" }}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - {{- toYaml $apart | nindent 8 }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
