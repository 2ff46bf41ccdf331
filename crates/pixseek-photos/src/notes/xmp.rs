//! XMP (ISO 16684-1): RDF in XML, with the properties that photo programs write.

use super::Collected;
use roxmltree::{Document, Node, ParsingOptions};

/// The longest packet in bytes. A JPEG segment has 64 KiB; longer packets are edit histories.
const LONGEST_PACKET: usize = 1 << 20;
const MOST_NODES: u32 = 50_000;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DUBLIN_CORE: &str = "http://purl.org/dc/elements/1.1/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const LIGHTROOM: &str = "http://ns.adobe.com/lightroom/1.0/";
const DIGIKAM: &str = "http://www.digikam.org/ns/1.0/";
const IPTC_CORE: &str = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/";
const IPTC_EXTENSION: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
const REGIONS: &str = "http://www.metadataworkinggroup.com/schemas/regions/";

/// Reads the notes of a packet. Ignores a packet that is not XML, and reports one that is too long.
pub(super) fn read(packet: &[u8], notes: &mut Collected) {
    if packet.len() > LONGEST_PACKET {
        let megabytes = packet.len().div_ceil(1 << 20);
        notes.unread = Some(format!(
            "its XMP has {megabytes} MB, and more than 1 MB is not read: its title, caption and \
             keywords may be missing"
        ));
        return;
    }
    each_property(packet, &mut |namespace, name, value| {
        add(namespace, name, value, notes);
    });
}

/// Calls a function with the namespace, the name and each value of the properties of a packet. Ignores
/// a packet that is not XML or too long.
pub(crate) fn each_property(packet: &[u8], property: &mut dyn FnMut(&str, &str, &str)) {
    if packet.len() > LONGEST_PACKET {
        return;
    }
    let text = String::from_utf8_lossy(packet);
    let text = text.trim_matches(|c: char| c == '\0' || c == '\u{feff}' || c.is_whitespace());
    let options = ParsingOptions {
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    let Ok(document) = Document::parse_with_options(text, options) else {
        return;
    };
    for node in document.descendants().filter(Node::is_element) {
        for attribute in node.attributes() {
            let namespace = attribute.namespace().unwrap_or_default();
            property(namespace, attribute.name(), attribute.value());
        }
        if let Some((owner, text)) = owner(node).zip(node.text()) {
            let name = owner.tag_name();
            property(name.namespace().unwrap_or_default(), name.name(), text);
        }
    }
}

/// The property whose value a node's text is: the node itself, or the one around the list (`rdf:Bag`
/// and others) that it is an item of.
fn owner<'a>(node: Node<'a, 'a>) -> Option<Node<'a, 'a>> {
    match node.tag_name().name() {
        _ if node.tag_name().namespace() != Some(RDF) => Some(node),
        "li" => node.parent()?.parent(),
        "value" => node.parent(),
        _ => None,
    }
}

fn add(namespace: &str, name: &str, text: &str, notes: &mut Collected) {
    match (namespace, name) {
        (DUBLIN_CORE, "title") | (PHOTOSHOP, "Headline") => notes.add_title(text),
        (DUBLIN_CORE, "description") => notes.add_caption(text),
        (DUBLIN_CORE, "subject")
        | (PHOTOSHOP, "City" | "State" | "Country")
        | (IPTC_CORE, "Location")
        | (IPTC_EXTENSION, "PersonInImage")
        | (REGIONS, "Name") => notes.add_keyword(text),
        // Such a subject lists keywords from the most general to the most specific.
        (LIGHTROOM, "hierarchicalSubject") => {
            text.split('|')
                .for_each(|keyword| notes.add_keyword(keyword));
        }
        (DIGIKAM, "TagsList") => text
            .split('/')
            .for_each(|keyword| notes.add_keyword(keyword)),
        (XMP, "Rating") => {
            if let Ok(stars) = text.trim().parse() {
                notes.add_rating(stars);
            }
        }
        _ => {}
    }
}
