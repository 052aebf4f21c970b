// Command oracle reads YAML streams the way kubectl, Helm and Argo CD do, through sigs.k8s.io/yaml,
// and prints one line of JSON for each file: {"file": …, "documents": […]} or {"file": …, "error": …}.
//
// The files are its arguments or, without any, names on standard input that end in NUL. With -argocd first, a stream
// is cut into documents as Argo CD does with what a plugin writes, and what it passes over is left out.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type loaded struct {
	File      string            `json:"file"`
	Documents []json.RawMessage `json:"documents,omitzero"`
	Error     string            `json:"error,omitempty"`
}

func main() {
	arguments, load := os.Args[1:], documents
	if len(arguments) > 0 && arguments[0] == "-argocd" {
		arguments, load = arguments[1:], manifests
	}
	files, err := names(arguments, os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	for _, file := range files {
		result := loaded{File: file}
		content, err := os.ReadFile(file)
		if err != nil {
			result.Error = err.Error()
		} else if documents, err := load(content); err != nil {
			result.Error = err.Error()
		} else {
			result.Documents = documents
		}
		if err := lines.Encode(result); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func names(arguments []string, stdin io.Reader) ([]string, error) {
	if len(arguments) > 0 {
		return arguments, nil
	}
	all, err := io.ReadAll(stdin)
	if err != nil {
		return nil, err
	}
	text := strings.TrimSuffix(string(all), "\x00")
	if text == "" {
		return nil, nil
	}
	return strings.Split(text, "\x00"), nil
}

// manifests does what SplitYAMLToString of Argo CD does (gitops-engine/pkg/utils/kube/kube.go).
func manifests(content []byte) ([]json.RawMessage, error) {
	decoder := kubeyaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	found := []json.RawMessage{}
	for {
		var manifest json.RawMessage
		if err := decoder.Decode(&manifest); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		if manifest = bytes.TrimSpace(manifest); len(manifest) > 0 && string(manifest) != "null" {
			found = append(found, manifest)
		}
	}
}

func documents(content []byte) ([]json.RawMessage, error) {
	var documents []json.RawMessage
	for at, text := range split(content) {
		document, err := yaml.YAMLToJSON(text)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", at, err)
		}
		documents = append(documents, document)
	}
	return documents, nil
}

// split cuts a stream before each line that starts with a document marker. Unlike the splitter of
// k8s.io/apimachinery it keeps the marker line, so that content behind the marker is not lost.
func split(content []byte) [][]byte {
	var documents [][]byte
	start := 0
	for at := 0; at < len(content); {
		end := len(content)
		if feed := bytes.IndexByte(content[at:], '\n'); feed >= 0 {
			end = at + feed + 1
		}
		if at > start && marker(content[at:end]) {
			documents = append(documents, content[start:at])
			start = at
		}
		at = end
	}
	return append(documents, content[start:])
}

func marker(line []byte) bool {
	rest, found := bytes.CutPrefix(line, []byte("---"))
	return found && (len(rest) == 0 || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}
