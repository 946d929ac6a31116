package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/local-to-global/lgl/data"
	"github.com/local-to-global/lgl/data/catalog"
	"github.com/local-to-global/lgl/internal/plural"
	"github.com/local-to-global/lgl/task"
)

// data is `lgl data`.
func (a *app) data() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "List, check, draw, fetch and verify data sets and folders of pictures",
		Long: `List, describe, fetch and verify data sets; check, draw and write folders of pictures.
A data set NAME is looked for in $LGL_DATA/NAME
and $LGL_DATA, in the user's cache directory (~/.cache/lgl/data/NAME), where fetch
puts it, and where Debian's package puts it. Any command also takes a path: a
directory with MNIST's IDX files, the binary version of CIFAR-10 or CIFAR-100, or a
folder of pictures for each class, or one of pictures with a labels.csv.
Generated data (glyphs, toy) are always here; glyphs are kept in that cache.`,
		Example: "  lgl data ls\n  lgl data info fashion-mnist\n  lgl data fetch cifar10",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.dataList(), a.dataInfo(), a.dataFetch(), a.dataManifest(), a.dataCheck(), a.dataBrowse(), a.dataExport())
	return cmd
}

// dataList is `lgl data ls`.
func (a *app) dataList() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ls",
		Short:   "List the data sets that lgl knows, and whether they are here",
		Example: "  lgl data ls\n  lgl data ls --json",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			all := catalog.List()
			return a.result(map[string]any{"data": all}, func(w io.Writer) error {
				return columns(w, func(w io.Writer) {
					fmt.Fprintln(w, "NAME\tCLASSES\tTRAIN\tTEST\tSHAPE\tHERE\tABOUT")
					for _, d := range all {
						fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", d.Name, d.Classes, d.Train, d.Test, data.ShapeText(d.Shape), here(d), d.About)
					}
				})
			})
		},
	}
	a.jsonFlag(cmd)
	return cmd
}

// here says in a word whether a data set is at hand.
func here(d catalog.Info) string {
	if d.Found {
		return "yes"
	}
	return "no"
}

// dataInfo is `lgl data info`.
func (a *app) dataInfo() *cobra.Command {
	labels := ""
	cmd := &cobra.Command{
		Use:     "info NAME|PATH",
		Short:   "Read a data set and describe it; fails if it is not here or damaged",
		Long:    "Read a data set and describe it; fails if it is not here or damaged. --json has the\nnames of all its classes.",
		Example: "  lgl data info fashion-mnist\n  lgl data info ./my-images --json",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := isThere("--labels", labels); err != nil {
				return err
			}
			d, err := catalog.Describe(cmd.Context(), args[0], catalog.Options{Labels: labels, Say: a.say})
			if err != nil {
				return task.Misused(err)
			}
			return a.result(d, func(w io.Writer) error {
				return columns(w, func(w io.Writer) {
					fmt.Fprintf(w, "name\t%s\nabout\t%s\nclasses\t%d: %s\n", d.Name, d.About, d.Classes, plural.Names(d.Names))
					fmt.Fprintf(w, "training samples\t%s\ntest samples\t%s\nshape\t%s\nplace\t%s\n", count(d.Train), count(d.Test), data.ShapeText(d.Shape), d.Where)
					if d.Manifest != "" {
						fmt.Fprintf(w, "verified\tby %s\n", d.Manifest)
					}
				})
			})
		},
		ValidArgsFunction: dataNames,
	}
	addLabels(cmd, &labels)
	a.jsonFlag(cmd)
	return cmd
}

// addLabels gives cmd --labels.
func addLabels(cmd *cobra.Command, labels *string) {
	cmd.Flags().StringVar(labels, "labels", "", "`file` with the classes of pictures that lie in no class folder, as for lgl train")
}

// dataFetch is `lgl data fetch`.
func (a *app) dataFetch() *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use:   "fetch NAME",
		Short: "Download a data set and check it against its published SHA-256",
		Long: `Download a data set from its public address and check it against a pinned SHA-256.
What is there already and right stays. Proxies of the environment are used
(HTTPS_PROXY ...).`,
		Example: "  lgl data fetch fashion-mnist\n  lgl data fetch cifar10 --dir /data",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			where, err := catalog.Fetch(cmd.Context(), args[0], dir, a.screen.download())
			var p *os.PathError
			if dir != "" && errors.As(err, &p) {
				err = fmt.Errorf("--dir: %w", err)
			}
			if err != nil {
				return err
			}
			return a.result(map[string]string{"name": args[0], "where": where}, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s is in %s\n", args[0], where)
				return err
			})
		},
		ValidArgsFunction: dataNames,
	}
	cmd.Flags().StringVar(&dir, "dir", "", "put it in DIR/NAME (default $LGL_DATA, else the user's cache directory)")
	a.jsonFlag(cmd)
	return cmd
}

// dataManifest is `lgl data manifest`.
func (a *app) dataManifest() *cobra.Command {
	labels := ""
	cmd := &cobra.Command{
		Use:   "manifest NAME|PATH",
		Short: "List the SHA-256s of a data set's files, so that they are verified from then on",
		Long: `Write the SHA-256s of a data set's files to SHA256SUMS beside them. Where there is
such a list, every command that reads the data checks them first, and names a file
that was changed or damaged since. sha256sum -c checks the same list.`,
		Example: "  lgl data manifest fashion-mnist\n  lgl data manifest ./my-images --json",
		Args:    oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := isThere("--labels", labels); err != nil {
				return err
			}
			path, files, err := catalog.Manifest(cmd.Context(), args[0], labels)
			if err != nil {
				return task.Misused(err)
			}
			return a.result(map[string]any{"manifest": path, "files": files}, func(w io.Writer) error {
				const few = 10 // of more the list is there to be read
				for _, f := range files[:min(few, len(files))] {
					fmt.Fprintf(w, "%s  %s\n", f.SHA256, f.File)
				}
				if left := len(files) - few; left > 0 {
					fmt.Fprintf(w, "... and %s more\n", count(left))
				}
				_, err := fmt.Fprintf(w, "written to %s; the files are checked whenever they are read\n", path)
				return err
			})
		},
		ValidArgsFunction: dataNames,
	}
	addLabels(cmd, &labels)
	a.jsonFlag(cmd)
	return cmd
}

// dataNames completes the name of a data set.
func dataNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, d := range catalog.List() {
		names = append(names, d.Name+"\t"+d.About)
	}
	return names, cobra.ShellCompDirectiveDefault
}
