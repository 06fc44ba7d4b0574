//! Reads the protocol's structs and enums from Rust source; knows just the Rust that the protocol uses.

use anyhow::{Context, Result, bail};
use syn::{Attribute, Expr, Fields, GenericArgument, Lit, Meta, PathArguments, Type};

/// A type of the protocol.
pub(super) struct Item {
    /// Its name, in Rust and in JavaScript.
    pub(super) name: String,
    /// Its documentation, line by line.
    pub(super) doc: Vec<String>,
    /// What it is made of.
    pub(super) body: Body,
}

/// What a type is made of.
pub(super) enum Body {
    /// Named fields.
    Struct(Vec<Field>),
    /// One of several, told apart by `kind`.
    Enum(Vec<Variant>),
}

/// A field of a struct or a variant.
pub(super) struct Field {
    /// Its name on the wire.
    pub(super) name: String,
    /// Its documentation, line by line.
    pub(super) doc: Vec<String>,
    /// Its type in JSDoc.
    pub(super) js_type: String,
    /// Whether it may be left out.
    pub(super) is_optional: bool,
}

/// A variant of an enum.
pub(super) struct Variant {
    /// Its name in Rust.
    pub(super) name: String,
    /// Its documentation, line by line.
    pub(super) doc: Vec<String>,
    /// What it carries beside `kind`.
    pub(super) content: Content,
}

/// What a variant carries.
pub(super) enum Content {
    /// Fields of its own.
    Fields(Vec<Field>),
    /// The fields of the named struct.
    FieldsOf(String),
}

/// The types of the protocol, in the order of the source.
///
/// # Errors
/// When the source is no Rust or holds something that has no counterpart; the message names it.
pub(super) fn protocol(source: &str) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for item in syn::parse_file(source)?.items {
        match item {
            syn::Item::Struct(item) => items.push(read_struct(&item)?),
            syn::Item::Enum(item) => items.push(read_enum(&item)?),
            _ => {}
        }
    }
    Ok(items)
}

fn read_struct(item: &syn::ItemStruct) -> Result<Item> {
    let name = item.ident.to_string();
    let fields = read_fields(&item.fields).with_context(|| format!("struct {name}"))?;
    Ok(Item { name, doc: doc(&item.attrs), body: Body::Struct(fields) })
}

fn read_enum(item: &syn::ItemEnum) -> Result<Item> {
    let name = item.ident.to_string();
    if serde_value(&item.attrs, "tag").as_deref() != Some("kind")
        || serde_value(&item.attrs, "rename_all").as_deref() != Some("snake_case")
    {
        bail!("enum {name} needs #[serde(tag = \"kind\", rename_all = \"snake_case\")]");
    }
    let variants = item.variants.iter().map(read_variant).collect::<Result<_>>();
    let variants = variants.with_context(|| format!("enum {name}"))?;
    Ok(Item { name, doc: doc(&item.attrs), body: Body::Enum(variants) })
}

fn read_variant(variant: &syn::Variant) -> Result<Variant> {
    let name = variant.ident.to_string();
    let content = match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Content::FieldsOf(js_type(&fields.unnamed[0].ty)?)
        }
        fields => Content::Fields(read_fields(fields).with_context(|| format!("variant {name}"))?),
    };
    Ok(Variant { name, doc: doc(&variant.attrs), content })
}

fn read_fields(fields: &Fields) -> Result<Vec<Field>> {
    match fields {
        Fields::Named(fields) => fields.named.iter().map(read_field).collect(),
        Fields::Unit => Ok(Vec::new()),
        Fields::Unnamed(_) => bail!("fields without names have no counterpart"),
    }
}

fn read_field(field: &syn::Field) -> Result<Field> {
    let name = field.ident.as_ref().context("a field has no name")?.to_string();
    if field.attrs.iter().any(|attribute| attribute.path().is_ident("serde")) {
        bail!("field {name}: serde attributes on fields are not understood");
    }
    let js_type = js_type(&field.ty).with_context(|| format!("field {name}"))?;
    Ok(Field { is_optional: is_option(&field.ty), name, doc: doc(&field.attrs), js_type })
}

fn js_type(ty: &Type) -> Result<String> {
    match ty {
        Type::Array(array) => {
            let element = js_type(&array.elem)?;
            Ok(format!("[{}]", vec![element; array_length(&array.len)?].join(", ")))
        }
        Type::Path(path) => {
            let segment = path.path.segments.last().context("a type has no name")?;
            named_type(&segment.ident.to_string(), &segment.arguments)
        }
        _ => bail!("a type has no counterpart"),
    }
}

fn named_type(name: &str, arguments: &PathArguments) -> Result<String> {
    Ok(match name {
        "u8" | "u16" | "u32" | "i32" | "f32" | "f64" => "number".into(),
        "u64" | "i64" | "usize" | "isize" => bail!("{name} does not fit a JavaScript number"),
        "String" => "string".into(),
        "bool" => "boolean".into(),
        "ByteBuf" => "Uint8Array".into(),
        "Vec" => list_of(&argument(arguments)?),
        "Option" => format!("{} | null", argument(arguments)?),
        name if matches!(arguments, PathArguments::None) => name.into(),
        name => bail!("{name} with type arguments has no counterpart"),
    })
}

fn list_of(element: &str) -> String {
    if element.contains('|') { format!("({element})[]") } else { format!("{element}[]") }
}

fn argument(arguments: &PathArguments) -> Result<String> {
    if let PathArguments::AngleBracketed(arguments) = arguments
        && let Some(GenericArgument::Type(ty)) = arguments.args.first()
    {
        return js_type(ty);
    }
    bail!("a type argument is missing")
}

fn array_length(length: &Expr) -> Result<usize> {
    if let Expr::Lit(literal) = length
        && let Lit::Int(length) = &literal.lit
    {
        return Ok(length.base10_parse()?);
    }
    bail!("an array's length must be a number")
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

fn doc(attributes: &[Attribute]) -> Vec<String> {
    let texts = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => string(&pair.value),
        _ => None,
    });
    texts.map(|text| text.trim().to_owned()).collect()
}

fn string(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn serde_value(attributes: &[Attribute], key: &str) -> Option<String> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let _unparsed_is_unfound = attribute.parse_nested_meta(|meta| {
            let value: syn::LitStr = meta.value()?.parse()?;
            if meta.path.is_ident(key) {
                found = Some(value.value());
            }
            Ok(())
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_type(rust: &str) -> Result<String> {
        let items = protocol(&format!("struct Sample {{ field: {rust} }}"))?;
        let Body::Struct(fields) = &items[0].body else { bail!("no struct") };
        Ok(fields[0].js_type.clone())
    }

    #[test]
    fn types_have_their_counterparts() -> Result<()> {
        let pairs = [
            ("u32", "number"),
            ("String", "string"),
            ("bool", "boolean"),
            ("ByteBuf", "Uint8Array"),
            ("Vec<NamedFile>", "NamedFile[]"),
            ("Vec<Option<f64>>", "(number | null)[]"),
            ("Option<[f64; 2]>", "[number, number] | null"),
            ("Progress", "Progress"),
        ];
        for (rust, javascript) in pairs {
            assert_eq!(field_type(rust)?, javascript, "{rust}");
        }
        Ok(())
    }

    #[test]
    fn what_the_page_cannot_hold_is_refused() {
        for rust in ["u64", "HashMap<String, u32>", "(u32, u32)", "&'static str"] {
            assert!(field_type(rust).is_err(), "{rust}");
        }
        assert!(protocol("enum Untagged { One }").is_err());
        assert!(protocol("struct Renamed { #[serde(rename = \"b\")] a: u32 }").is_err());
    }
}
