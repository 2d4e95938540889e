{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- /* The proxy's config.yaml: what follows from the values, with config.proxy around it. */ -}}
{{- define "eventhttp.config" -}}
{{- $fullname := include "eventhttp.fullname" . -}}
{{- /* The final dot says that the name is whole: the resolver then asks once, not once for each domain it knows. */ -}}
{{- $domain := printf "%s.svc.%s." .Release.Namespace (trimSuffix "." .Values.clusterDomain) -}}
{{- $services := list -}}
{{- range .Values.apps -}}
{{- $app := include "eventhttp.app" (dict "root" $ "app" .) | fromYaml -}}
{{- $address := printf "%s-%s.%s" $fullname $app.name $domain -}}
{{- $port := $app.service.port -}}
{{- if eq $.Values.config.discovery "headless" -}}
{{- $address = printf "%s-%s-headless.%s" $fullname $app.name $domain -}}
{{- $port = $app.port -}}
{{- end -}}
{{- $services = append $services (dict
    "name" $app.name "weight" $app.weight "tier" $app.tier
    "host" (list (dict "address" $address "port" $port))) -}}
{{- end -}}
{{- $proxy := mustDeepCopy .Values.config.proxy -}}
{{- $_ := set $proxy "listen" (dict "address" .Values.listenAddress "port" .Values.proxy.port) -}}
{{- $_ := set $proxy "admin" (dict "address" .Values.listenAddress "port" .Values.proxy.adminPort) -}}
{{- $_ := set $proxy "drain" (dict
    "delay" (printf "%ds" (int .Values.proxy.drain.delay)) "timeout" (printf "%ds" (int .Values.proxy.drain.timeout))) -}}
{{- $_ := set $proxy "services" (concat $services .Values.config.extraServices) -}}
# Made by the chart from its values; a change here is lost with the next upgrade.
{{ toYaml (dict "proxy" $proxy) }}
{{- end -}}
