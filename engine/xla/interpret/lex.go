package interpret

import (
	"fmt"
	"strings"
)

// kind is a kind of token.
type kind byte

const (
	end    kind = iota
	word        // add, i64, tf.aliasing_output
	value       // %0, %arg0
	symbol      // @main
	block       // ^bb0
	hash        // #stablehlo.conv
	number      // -1, 0.5, 0x7FC00000
	quoted      // "stablehlo.add", without its quotes
	tensor      // tensor<8x3xf32>, whole
	mark        // punctuation
)

// token is a piece of a program.
type token struct {
	kind kind
	text string
	line int
}

func (t token) String() string {
	if t.kind == end {
		return "the end"
	}
	return fmt.Sprintf("%.60q", t.text)
}

// failure is what parsing panics with where the program is wrong; Parse returns it.
type failure struct{ error }

func fail(line int, format string, args ...any) {
	panic(failure{fmt.Errorf("line %d: "+format, append([]any{line}, args...)...)})
}

// lex splits a text into tokens, without white space and comments.
func lex(text string) []token {
	var all []token
	line := 1
	for at := 0; at < len(text); {
		switch c := text[at]; {
		case c == '\n':
			line++
			at++
		case strings.IndexByte(" \t\r", c) >= 0:
			at++
		case strings.HasPrefix(text[at:], "//"):
			at += run(text[at:], func(c byte) bool { return c != '\n' })
		default:
			t, size := scan(text[at:], line)
			all = append(all, t)
			at += size
		}
	}
	return append(all, token{end, "", line})
}

// scan returns the token at the start of text, and its size there.
func scan(text string, line int) (token, int) {
	sigils := map[byte]kind{'%': value, '@': symbol, '^': block, '#': hash}
	c := text[0]
	switch {
	case strings.HasPrefix(text, "->"):
		return token{mark, "->", line}, 2
	case strings.HasPrefix(text, "tensor<"):
		return scanUpTo('>', tensor, text, line, 7)
	case c == '"':
		t, size := scanUpTo('"', quoted, text, line, 1)
		t.text = t.text[1 : size-1]
		return t, size
	case isDigit(c) || c == '-':
		size := numeral(text, line)
		return token{number, text[:size], line}, size
	case isLetter(c):
		size := run(text, inWord)
		return token{word, text[:size], line}, size
	case sigils[c] != 0:
		size := 1 + run(text[1:], inWord)
		if size == 1 {
			fail(line, "%q without a name", text[:1])
		}
		return token{sigils[c], text[:size], line}, size
	case strings.IndexByte("(){}[]<>,:=", c) >= 0:
		return token{mark, text[:1], line}, 1
	}
	fail(line, "character %q has no place in a program", c)
	return token{}, 0
}

// scanUpTo takes text up to and with the byte last, at from or behind, on this line.
func scanUpTo(last byte, k kind, text string, line, from int) (token, int) {
	size := strings.IndexAny(text[from:], string(last)+"\n")
	if size < 0 || text[from+size] != last {
		fail(line, "%.20q has no %q to end it", text, last)
	}
	size += from + 1
	return token{k, text[:size], line}, size
}

// numeral is the size of the number at the start of text: -?digits[.digits[e[+-]digits]], or
// hexadecimal, as MLIR has them.
func numeral(text string, line int) int {
	at := 0
	digits := func(is func(byte) bool) int {
		n := run(text[at:], is)
		at += n
		return n
	}
	if text[0] == '-' {
		at++
	}
	if strings.HasPrefix(text[at:], "0x") && len(text) > at+2 && isHex(text[at+2]) {
		at += 2
		digits(isHex)
		return at
	}
	if digits(isDigit) == 0 {
		fail(line, "\"-\" without digits")
	}
	if at < len(text) && text[at] == '.' {
		at++
		digits(isDigit)
		if e := exponent(text[at:]); e > 0 {
			at += e
		}
	}
	return at
}

// exponent is the size of e[+-]digits at the start of text, 0 if there is none.
func exponent(text string) int {
	if text == "" || text[0] != 'e' && text[0] != 'E' {
		return 0
	}
	at := 1
	if len(text) > 1 && (text[1] == '+' || text[1] == '-') {
		at++
	}
	n := run(text[at:], isDigit)
	if n == 0 {
		return 0
	}
	return at + n
}

// run is how many bytes at the start of text are of a class.
func run(text string, is func(byte) bool) int {
	n := 0
	for n < len(text) && is(text[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }
func inWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '.' || c == '$' }
