//! Writes the protocol as a JavaScript module: JSDoc types, constructors of requests, and `dispatch`.

use std::fmt::Write;

use anyhow::{Context, Result, bail};

use super::parse::{Body, Content, Field, Item, Variant};
use super::shape::shape;

const HEADER: &str = "\
// Every message between the page and the worker. Generated from src/web/protocol.rs by `cargo xtask codegen`;
// do not edit.
";

const HELPERS: &str = "\
/** Makes a request; refuses fields that are missing or unknown, so that a typing error is seen here. */
function request(kind, required, optional, fields) {
  for (const name of required) {
    if (fields[name] === undefined) throw new TypeError(`request ${kind}: field ${name} is missing`);
  }
  for (const name of Object.keys(fields)) {
    if (!required.includes(name) && !optional.includes(name)) {
      throw new TypeError(`request ${kind}: field ${name} is unknown`);
    }
  }
  return { kind, ...fields };
}
";

const DISPATCH: &str = "\
/**
 * Calls the handler of the event's kind and gives what that returns.
 * @param {Event} event
 * @param {{ [K in Event['kind']]: (event: Extract<Event, { kind: K }>) => unknown }} handlers
 * @throws {TypeError} if the kind is unknown or has no handler.
 */
export function dispatch(event, handlers) {
  if (!EVENT_KINDS.includes(event.kind)) throw new TypeError(`unknown kind of event: ${event.kind}`);
  const handler = handlers[event.kind];
  if (handler === undefined) throw new TypeError(`no handler for events of kind ${event.kind}`);
  return handler(event);
}
";

/// The module's text.
///
/// # Errors
/// When the protocol has no enum `Request` or no enum `Event`, or a type is not part of it.
pub(super) fn javascript(items: &[Item]) -> Result<String> {
    let types: Vec<String> = items.iter().map(typedef).collect();
    let mut text = String::from(HEADER);
    let shape = shape_line(items);
    for part in [&shape, HELPERS, &constructors(items)?, &event_kinds(items)?, DISPATCH, &types.join("\n")] {
        write!(text, "\n{part}")?;
    }
    Ok(text)
}

fn shape_line(items: &[Item]) -> String {
    let doc = "/** Tells one version of the messages from another: what one page has kept, another may not understand. */";
    format!("{doc}\nexport const SHAPE = '{}';\n", shape(items))
}

fn constructors(items: &[Item]) -> Result<String> {
    let mut text =
        String::from("/** Constructors of the requests, one for each kind. */\nexport const requests = {\n");
    for variant in variants_of(items, "Request")? {
        let fields = fields_of(items, variant)?;
        let name = camel_case(&variant.name);
        let (kind, required, optional) =
            (snake_case(&variant.name), names(fields, false), names(fields, true));
        let mut lines = variant.doc.clone();
        lines.push(format!("@param {{Omit<Request{}, 'kind'>}} fields", variant.name));
        lines.push(format!("@returns {{Request{}}}", variant.name));
        text += &comment(&lines, "  ");
        let parameter = if required.is_empty() { "fields = {}" } else { "fields" };
        writeln!(
            text,
            "  {name}: ({parameter}) => request('{kind}', [{required}], [{optional}], fields),\n"
        )?;
    }
    Ok(text.trim_end().to_owned() + "\n};\n")
}

fn event_kinds(items: &[Item]) -> Result<String> {
    let kinds = variants_of(items, "Event")?.iter().map(|variant| format!("'{}'", snake_case(&variant.name)));
    Ok(format!("const EVENT_KINDS = [{}];\n", kinds.collect::<Vec<_>>().join(", ")))
}

fn variants_of<'a>(items: &'a [Item], name: &str) -> Result<&'a [Variant]> {
    match items.iter().find(|item| item.name == name).map(|item| &item.body) {
        Some(Body::Enum(variants)) => Ok(variants),
        _ => bail!("the protocol has no enum {name}"),
    }
}

fn fields_of<'a>(items: &'a [Item], variant: &'a Variant) -> Result<&'a [Field]> {
    let name = match &variant.content {
        Content::Fields(fields) => return Ok(fields),
        Content::FieldsOf(name) => name,
    };
    match &items.iter().find(|item| item.name == *name).with_context(|| format!("no struct {name}"))?.body {
        Body::Struct(fields) => Ok(fields),
        Body::Enum(_) => bail!("variant {} must hold a struct", variant.name),
    }
}

fn names(fields: &[Field], optional: bool) -> String {
    let names = fields.iter().filter(|field| field.is_optional == optional);
    names.map(|field| format!("'{}'", field.name)).collect::<Vec<_>>().join(", ")
}

fn typedef(item: &Item) -> String {
    match &item.body {
        Body::Struct(fields) => object(&item.name, &item.doc, None, fields),
        Body::Enum(variants) => union(item, variants),
    }
}

fn union(item: &Item, variants: &[Variant]) -> String {
    let names: Vec<_> = variants.iter().map(|variant| item.name.clone() + &variant.name).collect();
    let mut lines = item.doc.clone();
    lines.push(format!("@typedef {{{}}} {}", names.join(" | "), item.name));
    let mut text = comment(&lines, "");
    for (name, variant) in names.iter().zip(variants) {
        let kind = snake_case(&variant.name);
        text += "\n";
        text += &match &variant.content {
            Content::Fields(fields) => object(name, &variant.doc, Some(&kind), fields),
            Content::FieldsOf(inner) => {
                let mut lines = variant.doc.clone();
                lines.push(format!("@typedef {{{{ kind: '{kind}' }} & {inner}}} {name}"));
                comment(&lines, "")
            }
        };
    }
    text
}

fn object(name: &str, doc: &[String], kind: Option<&str>, fields: &[Field]) -> String {
    let mut lines = doc.to_vec();
    lines.push(format!("@typedef {{object}} {name}"));
    lines.extend(kind.map(|kind| format!("@property {{'{kind}'}} kind")));
    lines.extend(fields.iter().map(property));
    comment(&lines, "")
}

fn property(field: &Field) -> String {
    let name = if field.is_optional { format!("[{}]", field.name) } else { field.name.clone() };
    format!("@property {{{}}} {name} {}", field.js_type, field.doc.join(" ")).trim_end().to_owned()
}

fn comment(lines: &[String], indent: &str) -> String {
    let mut text = format!("{indent}/**\n");
    for line in lines {
        let line = line.replace("*/", "* /");
        text += format!("{indent} * {line}").trim_end();
        text += "\n";
    }
    text + indent + " */\n"
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn camel_case(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::parse;

    const SAMPLE: &str = r#"
        /// What may be asked.
        #[derive(Debug)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        enum Request {
            /// Opens it.
            OpenSample {
                /// Where it lies.
                base: String,
                /// Which one.
                query_id: Option<String>,
            },
            /// Goes on.
            Index {},
        }
        #[serde(tag = "kind", rename_all = "snake_case")]
        enum Event { Ready {}, Progress { done: u32 }, Taught(Info) }
        struct Info { guidance: [u32; 3] }
    "#;

    fn sample() -> Result<String> {
        javascript(&parse::protocol(SAMPLE)?)
    }

    #[test]
    fn requests_have_constructors() -> Result<()> {
        let text = sample()?;
        let open = "openSample: (fields) => request('open_sample', ['base'], ['query_id'], fields),";
        assert!(text.contains(open), "{text}");
        assert!(text.contains("index: (fields = {}) => request('index', [], [], fields),"), "{text}");
        Ok(())
    }

    #[test]
    fn types_carry_the_documentation() -> Result<()> {
        let text = sample()?;
        for line in [
            " * What may be asked.\n * @typedef {RequestOpenSample | RequestIndex} Request",
            " * @property {'open_sample'} kind\n * @property {string} base Where it lies.",
            " * @property {string | null} [query_id] Which one.",
            " * @typedef {{ kind: 'taught' } & Info} EventTaught",
            " * @property {[number, number, number]} guidance\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        Ok(())
    }

    #[test]
    fn kinds_of_events_are_listed() -> Result<()> {
        assert!(sample()?.contains("const EVENT_KINDS = ['ready', 'progress', 'taught'];"));
        Ok(())
    }

    #[test]
    fn a_protocol_without_events_is_refused() -> Result<()> {
        let items = parse::protocol("struct Alone { field: u32 }")?;
        assert!(javascript(&items).is_err());
        Ok(())
    }
}
