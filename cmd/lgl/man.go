//go:build man

package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// lgl with the tag man can write its manual pages: `make man`. Only then is the library linked that
// does it.
func init() { extra = append(extra, (*app).man) }

// man is `lgl man DIR`.
func (a *app) man() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages", Hidden: true, Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := newApp(a.stdout, os.Stderr).root() // which no call has touched
			root.DisableAutoGenTag = true
			asMarkdown(root)
			date := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) // the same pages from the same source
			return doc.GenManTreeFromOpts(root, doc.GenManTreeOptions{
				Header: &doc.GenManHeader{Section: "1", Source: "lgl", Manual: "lgl", Date: &date},
				Path:   args[0], CommandSeparator: "-",
			})
		},
	}
}

// asMarkdown makes the texts of cmd and the commands below it Markdown, which the library takes them for.
func asMarkdown(cmd *cobra.Command) {
	cmd.Long = paragraphs(cmd.Long) + paragraphs(exitCodes)
	var before *pflag.Flag // behind whose text the next one's heading goes
	usage := func(f *pflag.Flag) {
		if title := f.Annotations[heading]; title != nil && before != nil {
			before.Usage += "\n\n## " + title[0]
		}
		before = f
		name, text := pflag.UnquoteUsage(f)
		f.Usage = strings.TrimSpace(escaped(text))
		if name != "" && name != "string" {
			f.Usage = fmt.Sprintf("(%s) %s", escaped(name), f.Usage)
		}
	}
	cmd.Flags().VisitAll(usage)
	for _, c := range cmd.Commands() {
		asMarkdown(c)
	}
}

// paragraphs keeps the lines of paragraphs in which one is indented as they are.
func paragraphs(text string) string {
	var out []string
	for _, p := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if strings.Contains("\n"+p, "\n ") {
			p = "```\n" + p + "\n```"
		} else {
			p = escaped(p)
		}
		out = append(out, p)
	}
	return strings.Join(out, "\n\n") + "\n\n"
}

// escaped returns text that Markdown shows as it is.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]<>#|", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
