package cache

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ctsql/ctsql/internal/dialect"
)

// A tree is what the engine's parser makes of a statement, as json_serialize_sql tells
// it. Everything in it that has a class, a type, the name of a function or of a table
// must be known: what a later version of the engine adds is refused until somebody has
// looked at it.

// classes are the expressions that there are.
var classes = words(`AGGREGATE BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT DEFAULT FUNCTION
	LAMBDA LAMBDA_REF OPERATOR PARAMETER POSITIONAL_REFERENCE STAR SUBQUERY WINDOW`)

// nodes are what else there is: queries, what stands in FROM, and what modifies a query.
var nodes = words(`SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE CTE_NODE
	BASE_TABLE SUBQUERY JOIN TABLE_FUNCTION EXPRESSION_LIST EMPTY PIVOT SHOW_REF
	LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER ORDER_MODIFIER DISTINCT_MODIFIER
	ORDER_DEFAULT ASCENDING DESCENDING`)

// shown are what SHOW may show beside a query's columns: names of tables.
var shown = []string{"", `"tables"`, `"databases"`, "__show_tables_expanded"}

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// A treeWalk is one look at a tree.
type treeWalk struct {
	knows func(name []string) bool // of a relation of the catalogue
}

// checkTree refuses a statement's tree. text is the statement.
func checkTree(tree, text string, knows func(name []string) bool) error {
	var top struct {
		Error      bool   `json:"error"`
		ErrorType  string `json:"error_type"`
		Message    string `json:"error_message"`
		Position   string `json:"position"`
		Statements []any  `json:"statements"`
	}
	if err := json.Unmarshal([]byte(tree), &top); err != nil {
		return &RefusedError{What: "the statement: it cannot be looked at"}
	}
	switch {
	case top.Error && top.ErrorType == "parser":
		return &grammarError{top.Message, text, top.Position}
	case top.Error && dialect.Classify(text).Verb == "PIVOT":
		return &RefusedError{What: "a PIVOT that makes its columns of what is in the logs", hint: "name them: PIVOT … ON column IN (…)"}
	case top.Error || len(top.Statements) != 1:
		return &RefusedError{What: "the statement: it is no query"}
	}
	return (&treeWalk{knows}).value(top.Statements[0], nil)
}

// value looks at a part of the tree. ctes are the names that a WITH around it gave,
// folded.
func (w *treeWalk) value(v any, ctes []string) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := w.value(e, ctes); err != nil {
				return err
			}
		}
	case map[string]any:
		return w.object(v, ctes)
	}
	return nil
}

func (w *treeWalk) object(o map[string]any, ctes []string) (err error) {
	if ctes, err = w.with(o["cte_map"], ctes); err != nil {
		return err
	}
	if err := w.known(o); err != nil {
		return err
	}
	kind, _ := o["type"].(string)
	if err := w.relation(kind, o, ctes); err != nil {
		return err
	}
	// In the order of their names, so that the same statement has the same error.
	for _, key := range sortedKeys(o) {
		inner := ctes
		switch {
		case key == "cte_map":
			continue
		case kind == "RECURSIVE_CTE_NODE" && key == "right":
			inner = append(slices.Clone(ctes), dialect.Fold(dialect.Quote(text(o["cte_name"]))))
		}
		if err := w.value(o[key], inner); err != nil {
			return err
		}
	}
	return nil
}

// with looks at the queries of a WITH, each of which sees those before it, and returns
// the names that what follows sees.
func (w *treeWalk) with(cteMap any, ctes []string) ([]string, error) {
	m, _ := cteMap.(map[string]any)
	list, _ := m["map"].([]any)
	if len(list) == 0 {
		return ctes, nil
	}
	ctes = slices.Clone(ctes)
	for _, e := range list {
		entry, _ := e.(map[string]any)
		name := text(entry["key"])
		if strings.ContainsAny(name, `./\:*?[`) {
			// Where this name were taken for no CTE's, it would be a file's.
			return nil, &RefusedError{What: fmt.Sprintf("%.60q as a name in WITH: it could be a file's", name)}
		}
		if err := w.value(entry["value"], ctes); err != nil {
			return nil, err
		}
		ctes = append(ctes, dialect.Fold(dialect.Quote(name)))
	}
	return ctes, nil
}

// known looks at what an object is, and what function it calls.
func (w *treeWalk) known(o map[string]any) error {
	class, isExpression := o["class"].(string)
	kind, isNode := o["type"].(string)
	switch {
	case isExpression && !classes[class]:
		return &RefusedError{What: "an expression of class " + class}
	case !isExpression && isNode && !nodes[kind] && !strings.HasSuffix(kind, "_TYPE_INFO"):
		return &RefusedError{What: "a part of type " + kind}
	}
	name, calls := o["function_name"].(string)
	if !calls {
		return nil
	}
	of := []string{dialect.Fold(dialect.Quote(text(o["catalog"]))), dialect.Fold(dialect.Quote(text(o["schema"])))}
	if slices.Contains(of, "mine") {
		return &RefusedError{What: "functions of mine"} // a macro, which may read anything
	}
	if !harmlessFunctions[dialect.Fold(dialect.Quote(name))] {
		return &RefusedError{What: fmt.Sprintf("the function %.60s", name)}
	}
	return nil
}

// relation looks at what stands in FROM.
func (w *treeWalk) relation(kind string, o map[string]any, ctes []string) error {
	switch kind {
	case "BASE_TABLE":
		return w.table(o, ctes)
	case "TABLE_FUNCTION":
		f, _ := o["function"].(map[string]any)
		if name := text(f["function_name"]); !harmlessTables[dialect.Fold(dialect.Quote(name))] {
			return &RefusedError{What: fmt.Sprintf("the table function %.60s", name)}
		}
	case "SHOW_REF":
		if !slices.Contains(shown, text(o["table_name"])) || text(o["catalog_name"])+text(o["schema_name"]) != "" {
			return &RefusedError{What: "this SHOW"}
		}
	}
	return nil
}

func (w *treeWalk) table(o map[string]any, ctes []string) error {
	var name []string
	for _, key := range []string{"catalog_name", "schema_name", "table_name"} {
		if part := text(o[key]); part != "" || key == "table_name" {
			name = append(name, dialect.Fold(dialect.Quote(part)))
		}
	}
	last := name[len(name)-1]
	// recurring.x is all that the recursive x USING KEY has yielded.
	cte := len(name) == 1 || len(name) == 2 && name[0] == "recurring"
	if o["at_clause"] == nil && (cte && slices.Contains(ctes, last) || w.knows(name)) {
		return nil
	}
	written := fmt.Sprintf("%.80s", strings.Join(name, "."))
	if !dialect.SimpleName(last) {
		written = fmt.Sprintf("%.80q as a table", last)
	} else {
		written = "the table " + written
	}
	return &RefusedError{What: written, hint: "a sandbox has " + strings.Join(logTables, ", ") + ", and the tables of mine"}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func sortedKeys(o map[string]any) (keys []string) {
	for key := range o {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// A grammarError is the parser's, in the words in which the engine tells it elsewhere.
type grammarError struct{ message, text, position string }

func (e *grammarError) Error() string {
	said := "Parser Error: " + e.message
	at, err := strconv.Atoi(e.position)
	if err != nil || at < 0 || at > len(e.text) {
		return said
	}
	start := strings.LastIndexByte(e.text[:at], '\n') + 1
	line, _, _ := strings.Cut(e.text[start:], "\n")
	label := fmt.Sprintf("LINE %d: ", strings.Count(e.text[:at], "\n")+1)
	if len(line) > maxErrorLine {
		return said
	}
	return fmt.Sprintf("%s\n\n%s%s\n%*s^", said, label, line, len(label)+len([]rune(e.text[start:at])), "")
}

// maxErrorLine is the longest line that an error shows, in bytes.
const maxErrorLine = 200
