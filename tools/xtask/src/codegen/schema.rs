//! The SBE schema as plain data.

use anyhow::{Context, bail};
use roxmltree::{Document, Node};

/// Everything the generators need of the schema file.
pub struct Schema {
    /// Schema id, in every message header.
    pub id: u16,
    /// Schema version, in every message header.
    pub version: u16,
    /// Enumerations in file order.
    pub enums: Vec<Enumeration>,
    /// Bit sets in file order.
    pub sets: Vec<Enumeration>,
    /// Messages in file order.
    pub messages: Vec<Message>,
}

/// An enumeration or a bit set.
pub struct Enumeration {
    /// Name.
    pub name: String,
    /// Encoding: `uint8` or `uint16`.
    pub encoding: String,
    /// What it is.
    pub description: String,
    /// Name, value (or bit), description.
    pub values: Vec<(String, u64, String)>,
}

/// One message.
pub struct Message {
    /// Name.
    pub name: String,
    /// Template id.
    pub id: u16,
    /// Body length in bytes.
    pub block_length: usize,
    /// Section it belongs to.
    pub section: String,
    /// What it is.
    pub description: String,
    /// Fields in file order.
    pub fields: Vec<Field>,
    /// The repeating group that ends it.
    pub group: Option<Group>,
}

/// A repeating group.
pub struct Group {
    /// Name.
    pub name: String,
    /// Bytes of one entry.
    pub block_length: usize,
    /// Fewest and most entries.
    pub counts: (u16, u16),
    /// What it is.
    pub description: String,
    /// Fields of an entry in file order.
    pub fields: Vec<Field>,
}

/// One field of a message.
pub struct Field {
    /// Name.
    pub name: String,
    /// Primitive type: `uint8` to `uint64` or `int64`.
    pub primitive: String,
    /// Array length, 1 for a scalar.
    pub count: usize,
    /// Whether the type is a fixed array.
    pub is_array: bool,
    /// Name of its enumeration or set, if it has one.
    pub domain: Option<String>,
    /// Bytes from the start of the body.
    pub offset: usize,
    /// What it is.
    pub description: String,
}

impl Field {
    /// Bytes of one element.
    pub fn width(&self) -> usize {
        width(&self.primitive)
    }
}

impl Schema {
    /// Reads the schema text.
    ///
    /// # Errors
    /// It is not XML, lacks an attribute, or a message overlaps itself.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let document = Document::parse(text)?;
        let root = document.root_element();
        let types = child(root, "types")?;
        let enums = enumerations(types, "enum", "validValue")?;
        let sets = enumerations(types, "set", "choice")?;
        let mut arrays = Vec::new();
        for node in elements(types, "type") {
            let count: usize = attribute(node, "length")?.parse()?;
            arrays.push((attribute(node, "name")?, attribute(node, "primitiveType")?, count));
        }
        let mut schema = Self {
            id: attribute(root, "id")?.parse()?,
            version: attribute(root, "version")?.parse()?,
            enums,
            sets,
            messages: Vec::new(),
        };
        for node in elements(root, "message") {
            let message = schema.message(node, types, &arrays)?;
            schema.messages.push(message);
        }
        Ok(schema)
    }

    fn message(&self, node: Node, types: Node, arrays: &[Array]) -> anyhow::Result<Message> {
        let (name, block_length) =
            (attribute(node, "name")?, attribute(node, "blockLength")?.parse()?);
        let mut groups = elements(node, "group");
        let group = groups.next().map(|group| self.group(group, types, arrays)).transpose()?;
        if groups.next().is_some() {
            bail!("{name} has more than one group");
        }
        Ok(Message {
            id: attribute(node, "id")?.parse()?,
            section: attribute(node, "semanticType")?,
            description: attribute(node, "description")?,
            fields: self.fields(node, (&name, block_length), arrays)?,
            name,
            block_length,
            group,
        })
    }

    fn group(&self, node: Node, types: Node, arrays: &[Array]) -> anyhow::Result<Group> {
        let (name, block_length) =
            (attribute(node, "name")?, attribute(node, "blockLength")?.parse()?);
        let dimension = attribute(node, "dimensionType")?;
        let mut composites = elements(types, "composite");
        let count = composites
            .find(|each| each.attribute("name") == Some(&dimension))
            .and_then(|each| each.children().find(|part| part.has_attribute("maxValue")))
            .with_context(|| format!("{dimension} does not bound the entries"))?;
        let bound = |name| anyhow::Ok(attribute(count, name)?.parse::<u16>()?);
        Ok(Group {
            counts: (bound("minValue")?, bound("maxValue")?),
            description: attribute(node, "description")?,
            fields: self.fields(node, (&name, block_length), arrays)?,
            name,
            block_length,
        })
    }

    /// The fields of a block of this name and length.
    fn fields(
        &self,
        node: Node,
        (name, block_length): (&str, usize),
        arrays: &[Array],
    ) -> anyhow::Result<Vec<Field>> {
        let mut fields: Vec<Field> = Vec::new();
        let mut end = 0;
        for node in elements(node, "field") {
            let field = self.field(node, arrays)?;
            if field.offset < end || field.offset % field.width() != 0 {
                bail!("{name}.{} overlaps or is not aligned", field.name);
            }
            end = field.offset + field.width() * field.count;
            fields.push(field);
        }
        if end > block_length || !block_length.is_multiple_of(8) {
            bail!("{name} does not fit its block of {block_length}");
        }
        Ok(fields)
    }

    fn field(&self, node: Node, arrays: &[Array]) -> anyhow::Result<Field> {
        let kind = attribute(node, "type")?;
        let domain = self.enums.iter().chain(&self.sets).find(|each| each.name == kind);
        let array = arrays.iter().find(|(name, _, _)| *name == kind);
        let (primitive, count) = match (domain, array) {
            (Some(domain), _) => (domain.encoding.clone(), 1),
            (_, Some((_, primitive, count))) => (primitive.clone(), *count),
            _ => (kind, 1),
        };
        Ok(Field {
            name: attribute(node, "name")?,
            primitive,
            count,
            is_array: array.is_some(),
            domain: domain.map(|each| each.name.clone()),
            offset: attribute(node, "offset")?.parse()?,
            description: attribute(node, "description")?,
        })
    }
}

/// Name, primitive type and length of a fixed array.
type Array = (String, String, usize);

/// Bytes of a primitive type.
///
/// # Panics
/// The name is not a primitive of this schema.
pub fn width(primitive: &str) -> usize {
    match primitive {
        "uint8" => 1,
        "uint16" => 2,
        "uint32" => 4,
        "uint64" | "int64" => 8,
        other => panic!("no primitive type {other}"),
    }
}

fn enumerations(types: Node, kind: &str, value: &str) -> anyhow::Result<Vec<Enumeration>> {
    let mut found = Vec::new();
    for node in elements(types, kind) {
        let mut values = Vec::new();
        for node in elements(node, value) {
            let number = node.text().context("a value has a number")?.trim().parse()?;
            values.push((attribute(node, "name")?, number, attribute(node, "description")?));
        }
        found.push(Enumeration {
            name: attribute(node, "name")?,
            encoding: attribute(node, "encodingType")?,
            description: attribute(node, "description")?,
            values,
        });
    }
    Ok(found)
}

fn elements<'a, 'input>(
    node: Node<'a, 'input>,
    name: &str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |each| each.tag_name().name() == name)
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> anyhow::Result<Node<'a, 'input>> {
    elements(node, name).next().with_context(|| format!("the schema has no {name}"))
}

fn attribute(node: Node, name: &str) -> anyhow::Result<String> {
    let found = node.attribute(name);
    let found = found.with_context(|| format!("<{}> lacks {name}", node.tag_name().name()))?;
    Ok(found.to_string())
}
