//! Rules on Rust source that need tokens rather than lines: function and file length, left-over macros, module names.
//! Tokens see through strings, comments and macro bodies alike, and cost far less to compile than a full parser.
use std::ops::RangeInclusive;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use super::SourceFile;
use super::texts::{FORBIDDEN_NAMES, is_test_path};

pub const FUNCTION_LINES: usize = 70;
pub const FILE_LINES: usize = 500;
const FORBIDDEN_MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];

#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// What one pass over a file's tokens found outside its test code.
#[derive(Default)]
struct Scan {
    functions: Vec<Function>,
    macros: Vec<(usize, String)>,
    modules: Vec<(usize, String)>,
    test_modules: Vec<RangeInclusive<usize>>,
}

pub fn check(file: &SourceFile) -> Vec<String> {
    let path = &file.path;
    let stream = match TokenStream::from_str(&file.text) {
        Ok(stream) => stream,
        Err(error) => return vec![format!("{path}: is not Rust: {error}")],
    };
    let mut scan = Scan::default();
    scan.stream(stream, false);

    let mut findings = Vec::new();
    for (line, name) in &scan.macros {
        findings.push(format!("{path}:{line}: `{name}!` is left over"));
    }
    for (line, name) in &scan.modules {
        if FORBIDDEN_NAMES.contains(&name.as_str()) {
            findings.push(format!("{path}:{line}: a module named `{name}`: code lives with its noun"));
        }
    }
    if is_test_path(path) {
        return findings;
    }
    for function in scan.functions.iter().filter(|function| function.lines > FUNCTION_LINES) {
        let Function { name, line, lines } = function;
        findings
            .push(format!("{path}:{line}: function `{name}` has {lines} lines, at most {FUNCTION_LINES}"));
    }
    let in_tests: usize = scan.test_modules.iter().map(|range| range.end() - range.start() + 1).sum();
    let lines = file.text.lines().count() - in_tests;
    if lines > FILE_LINES {
        findings.push(format!("{path}: {lines} lines without tests, at most {FILE_LINES}"));
    }
    findings
}

impl Scan {
    /// `tested` is true inside a `#[cfg(test)]` module, where length is free and only left-over macros count.
    fn stream(&mut self, stream: TokenStream, tested: bool) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut test_attribute_line = None;
        let mut index = 0;
        while index < tokens.len() {
            if let Some((line, attribute)) = attribute(&tokens[index..]) {
                if is_test_only(&attribute) {
                    test_attribute_line = test_attribute_line.or(Some(line));
                }
                index += 2;
                continue;
            }
            match &tokens[index] {
                TokenTree::Group(group) => {
                    self.stream(group.stream(), tested || test_attribute_line.is_some());
                    if let (Some(line), Delimiter::Brace, false) =
                        (test_attribute_line, group.delimiter(), tested)
                    {
                        self.test_modules.push(line..=group.span_close().end().line);
                    }
                    if group.delimiter() == Delimiter::Brace {
                        test_attribute_line = None;
                    }
                }
                TokenTree::Ident(ident) => {
                    self.ident(ident, &tokens[index..], tested || test_attribute_line.is_some());
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => test_attribute_line = None,
                _ => {}
            }
            index += 1;
        }
    }

    fn ident(&mut self, ident: &Ident, rest: &[TokenTree], tested: bool) {
        let line = ident.span().start().line;
        let name = ident.to_string();
        match (name.as_str(), rest.get(1)) {
            ("fn", Some(TokenTree::Ident(called))) if !tested => {
                if let Some(body) = body_of(rest) {
                    let lines = body.span_close().end().line - line + 1;
                    self.functions.push(Function { name: called.to_string(), line, lines });
                }
            }
            ("mod", Some(TokenTree::Ident(called))) => self.modules.push((line, called.to_string())),
            (_, Some(TokenTree::Punct(punct)))
                if punct.as_char() == '!' && FORBIDDEN_MACROS.contains(&name.as_str()) =>
            {
                // `todo != other` is a comparison, not a macro call.
                if matches!(rest.get(2), Some(TokenTree::Group(_))) {
                    self.macros.push((line, name));
                }
            }
            _ => {}
        }
    }
}

/// The line and content of an attribute that starts here: `#[...]`.
fn attribute(tokens: &[TokenTree]) -> Option<(usize, TokenStream)> {
    match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(group), ..]
            if hash.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
        {
            Some((hash.span().start().line, group.stream()))
        }
        _ => None,
    }
}

/// `cfg(test)` and `cfg(all(test, ...))` compile only for tests; `any` and `not` do not promise that.
fn is_test_only(attribute: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = attribute.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(cfg), TokenTree::Group(condition)] if cfg == "cfg" => {
            requires_test(&condition.stream())
        }
        _ => false,
    }
}

fn requires_test(condition: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = condition.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(test)] => test == "test",
        [TokenTree::Ident(all), TokenTree::Group(group)] if all == "all" => {
            let members: Vec<TokenTree> = group.stream().into_iter().collect();
            members.split(is_comma).any(|member| requires_test(&member.iter().cloned().collect()))
        }
        _ => false,
    }
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// The body of the function that starts at `fn`; none for a declaration that ends in `;`.
fn body_of(tokens: &[TokenTree]) -> Option<&Group> {
    let mut before: Option<char> = None;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return None,
            TokenTree::Punct(punct) => before = Some(punct.as_char()),
            // A brace right after `<`, `,` or `=` is a const argument such as `Ring<{ N }>`, not the body, unless the
            // comma closes a where clause: then a body is what nothing but the end follows.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let is_const_argument = matches!(before, Some('<' | '='))
                    || (before == Some(',') && follows_with(tokens, group, &[',', '>']));
                if !is_const_argument {
                    return Some(group);
                }
                before = None;
            }
            _ => before = None,
        }
    }
    None
}

fn follows_with(tokens: &[TokenTree], group: &Group, punctuation: &[char]) -> bool {
    let start = group.span_open().start();
    let mut after = tokens.iter().skip_while(|token| match token {
        TokenTree::Group(candidate) => candidate.span_open().start() != start,
        _ => true,
    });
    after.next();
    matches!(after.next(), Some(TokenTree::Punct(punct)) if punctuation.contains(&punct.as_char()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        check(&SourceFile { path: path.to_owned(), text: text.to_owned() })
    }

    fn functions(text: &str) -> Vec<(String, usize)> {
        let mut scan = Scan::default();
        scan.stream(TokenStream::from_str(text).unwrap(), false);
        scan.functions.into_iter().map(|function| (function.name, function.lines)).collect()
    }

    fn function_of(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn seventy_lines_pass_and_seventy_one_do_not() {
        assert_eq!(findings("a.rs", &function_of(70)), Vec::<String>::new());
        assert_eq!(findings("a.rs", &function_of(71)), ["a.rs:1: function `long` has 71 lines, at most 70"]);
    }

    #[test]
    fn nested_functions_are_counted_on_their_own_and_closures_are_not() {
        let text = "fn outer() {\n    fn inner() {\n        one();\n    }\n    let c = |x| {\n        x\n    };\n}\n";
        assert_eq!(functions(text), [("outer".to_owned(), 8), ("inner".to_owned(), 3)]);
    }

    #[test]
    fn methods_trait_bodies_and_macro_bodies_are_seen_and_declarations_are_not() {
        let text = "impl A {\n pub async fn m(&self) -> u8 {\n 1\n }\n}\ntrait T {\n fn declared(&self);\n fn given() {\n }\n}\n\
                    macro_rules! m { () => { fn made() {\n } } }\ntype F = fn(u8) -> u8;\n";
        let expected = [("m".to_owned(), 3), ("given".to_owned(), 2), ("made".to_owned(), 2)];
        assert_eq!(functions(text), expected);
    }

    #[test]
    fn a_const_argument_is_not_a_body_and_a_where_clause_does_not_hide_it() {
        assert_eq!(functions("fn f() -> Ring<{ N }> {\n\n}\n"), [("f".to_owned(), 3)]);
        assert_eq!(functions("fn f() -> Ring<u8, { N }> {\n\n}\n"), [("f".to_owned(), 3)]);
        assert_eq!(functions("fn f<T>() where T: Copy, {\n\n\n}\n"), [("f".to_owned(), 4)]);
    }

    #[test]
    fn a_brace_in_a_string_or_comment_does_not_end_a_function() {
        let text = "fn f() {\n    let s = \"} fn no() {\";\n    // }\n    let r = r#\"}\"#;\n}\n";
        assert_eq!(functions(text), [("f".to_owned(), 5)]);
    }

    #[test]
    fn a_test_module_is_free_in_length_but_a_test_attribute_elsewhere_is_not() {
        let inside = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function_of(90));
        assert_eq!(findings("a.rs", &inside), Vec::<String>::new());
        let outside = format!("#[test]\n{}", function_of(90));
        assert_eq!(findings("a.rs", &outside).len(), 1);
        let sometimes = format!("#[cfg(any(test, feature = \"x\"))]\nmod tests {{\n{}}}\n", function_of(90));
        assert_eq!(findings("a.rs", &sometimes).len(), 1);
        let both = format!("#[cfg(all(unix, test))]\nmod tests {{\n{}}}\n", function_of(90));
        assert_eq!(findings("a.rs", &both), Vec::<String>::new());
    }

    #[test]
    fn code_after_a_test_only_import_is_still_measured() {
        let text = format!("#[cfg(test)]\nuse a::b;\n{}", function_of(71));
        assert_eq!(findings("a.rs", &text).len(), 1);
    }

    #[test]
    fn a_file_of_501_lines_fails_and_its_test_module_does_not_count() {
        let code = "const A: u8 = 1;\n".repeat(500);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "const B: u8 = 1;\n".repeat(300));
        assert_eq!(findings("a.rs", &format!("{code}{tests}")), Vec::<String>::new());
        let longer = format!("{code}const C: u8 = 1;\n{tests}");
        assert_eq!(findings("a.rs", &longer), ["a.rs: 501 lines without tests, at most 500"]);
        assert_eq!(findings("crates/a/tests/a.rs", &longer), Vec::<String>::new());
        assert_eq!(findings("crates/a/src/store/tests.rs", &longer), Vec::<String>::new());
        assert_eq!(findings("crates/a/src/store_tests.rs", &longer), Vec::<String>::new());
        assert_eq!(findings("crates/a/src/tests_of.rs", &longer).len(), 1);
    }

    #[test]
    fn left_over_macros_are_found_and_their_names_in_strings_are_not() {
        assert_eq!(findings("a.rs", "fn f() { todo!() }"), ["a.rs:1: `todo!` is left over"]);
        assert_eq!(findings("a.rs", "fn f() { std::dbg!(1); }"), ["a.rs:1: `dbg!` is left over"]);
        assert_eq!(findings("a.rs", "mod t {\n fn f() { unimplemented!(\"x\") } }").len(), 1);
        assert_eq!(
            findings("a.rs", "fn f() { let s = \"todo!()\"; let b = todo != dbg; }"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_module_named_utils_fails() {
        let expected = ["a.rs:1: a module named `utils`: code lives with its noun"];
        assert_eq!(findings("a.rs", "mod utils { }"), expected);
        assert_eq!(findings("a.rs", "mod utility { }"), Vec::<String>::new());
    }

    #[test]
    fn text_that_is_not_rust_is_named() {
        assert!(
            findings("a.rs", "fn f() { (").first().is_some_and(|finding| finding.contains("is not Rust"))
        );
    }
}
