{{- define "assorted.name" -}}assorted{{- end -}}
