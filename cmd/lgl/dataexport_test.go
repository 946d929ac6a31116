package main

import (
	"slices"
	"testing"
)

// Every class gets a folder of its own, under its name where that can be.
func TestClassFolders(t *testing.T) {
	got := classFolders([]string{"a/b", "a-b", "a-b-2", "", ".x", "_", "__MACOSX", "plain"})
	want := []string{"a-b-3", "a-b", "a-b-2", "_-2", "_.x", "_", "___MACOSX", "plain"}
	if !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}
