// Decodes Kubernetes manifests from standard input strictly: a field that the API does not have is an error.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, json.SerializerOptions{Yaml: true, Strict: true})
	manifests := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	passed, failed := 0, 0
	for {
		manifest, err := manifests.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			panic(err)
		}
		if _, kind, err := decoder.Decode(manifest, nil, nil); err != nil {
			failed++
			fmt.Println(kind, err)
		} else {
			passed++
		}
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}
