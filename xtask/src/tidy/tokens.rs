//! A Rust file as a flat list of tokens with their lines; comments are gone, so rules see code alone.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Identifier,
    Literal,
    Punctuation,
}

/// A token; delimiters count as punctuation.
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) line: usize,
}

impl Token {
    /// Whether this is the given identifier or punctuation.
    pub(super) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Literal && self.text == text
    }
}

/// The tokens of a file.
///
/// # Errors
/// The line at which it stops being Rust.
pub(super) fn of(text: &str) -> Result<Vec<Token>, usize> {
    let stream: TokenStream =
        text.parse().map_err(|error: proc_macro2::LexError| error.span().start().line)?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |kind, text: String| tokens.push(Token { kind, text, line });
        match tree {
            TokenTree::Ident(name) => push(Kind::Identifier, name.to_string()),
            TokenTree::Literal(literal) => push(Kind::Literal, literal.to_string()),
            TokenTree::Punct(mark) => push(Kind::Punctuation, mark.to_string()),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(Kind::Punctuation, open.into());
                flatten(group.stream(), tokens);
                let line = group.span_close().start().line;
                tokens.push(Token { kind: Kind::Punctuation, text: close.into(), line });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_gone_and_lines_are_kept() {
        let tokens = of("// wgpu\n/* wgpu */\nfn f() { \"wgpu\" }\n").unwrap_or_default();
        let words: Vec<_> = tokens.iter().map(|token| (token.text.as_str(), token.line)).collect();
        assert_eq!(words, [("fn", 3), ("f", 3), ("(", 3), (")", 3), ("{", 3), ("\"wgpu\"", 3), ("}", 3)]);
    }

    #[test]
    fn what_is_no_rust_has_a_line() {
        assert_eq!(of("fn f() {}\nfn g( {\n").err(), Some(2));
    }
}
