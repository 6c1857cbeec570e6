#!/bin/sh
# Makes the vectors anew from Kafka's released jars (Java 17, Maven, network). Build and tests never
# need this: the vectors are kept beside it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mvn -q -B -f "$here/pom.xml" dependency:build-classpath -Dmdep.outputFile="$work/classpath"
java -cp "$(cat "$work/classpath")" "$here/MakeVectors.java" "$here/.."
