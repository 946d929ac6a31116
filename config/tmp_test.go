package config
import ("testing";"strings";"fmt";"time";"github.com/goccy/go-yaml/parser")
func TestTmp(t *testing.T){
 for _, n := range []int{1000,4000,16000,64000} {
 for _, unit := range []string{"[", "{a: ", "- ", "a: &x\n", "? ", "- - \n", "!!a ", "&a ", "a:\n", "k: [a, b]\n", "*a, ", "'", "a\n", "# c\n", "| \n", "\t", "a: b: "} {
  s := strings.Repeat(unit, n/len(unit))
  t0 := time.Now()
  _, err := parser.ParseBytes([]byte(s), 0)
  if el := time.Since(t0); el > 300*time.Millisecond { fmt.Printf("%d %q %v %.60v\n", n, unit, el, err) }
 }
 s := ""
 for i := range n/20 { s += fmt.Sprintf("key%d: [a%d, b]\n", i, i) }
  t0 := time.Now()
  _, err := parser.ParseBytes([]byte(s), 0)
  fmt.Printf("%d keys %v %v\n", n, time.Since(t0), err)
 }
}
