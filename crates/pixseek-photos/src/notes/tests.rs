mod mutations;

use super::Collected;

/// Of Lightroom and digiKam: attributes and elements, lists and alternatives.
const XMP: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
   xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
   xmp:Rating="4" photoshop:City="Venezia">
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Evening on the
     Rialto</rdf:li></rdf:Alt></dc:title>
  <dc:description><rdf:Alt><rdf:li xml:lang="x-default">Gondolas &amp; lamps</rdf:li></rdf:Alt></dc:description>
  <dc:subject><rdf:Bag><rdf:li>bridge</rdf:li><rdf:li>Bridge</rdf:li><rdf:li>night</rdf:li></rdf:Bag></dc:subject>
  <lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|Italy</rdf:li></rdf:Bag></lr:hierarchicalSubject>
  <mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>
    <rdf:li><rdf:Description mwg-rs:Name="Grandma" mwg-rs:Type="Face"/></rdf:li>
  </rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>
 </rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"#;

/// An image resource of another kind, then IPTC's.
fn iptc(datasets: &[(u8, &[u8])]) -> Vec<u8> {
    let mut data = Vec::new();
    for (number, value) in datasets {
        data.extend([0x1c, 2, *number]);
        data.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        data.extend(*value);
    }
    let another = [b"8BIM\x04\x25\0\0\0\0\0\x03".as_slice(), b"abc\0"].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&another, b"8BIM\x04\x04\x03two".as_slice(), &length, &data].concat()
}

#[test]
fn xmp_is_read_from_attributes_lists_and_regions() {
    let notes = Collected::collect(Some(XMP.as_bytes()), None, None).notes;
    assert_eq!(notes.title.as_deref(), Some("Evening on the Rialto"));
    assert_eq!(notes.caption.as_deref(), Some("Gondolas & lamps"));
    let keywords = ["Venezia", "bridge", "night", "Places", "Italy", "Grandma"];
    assert_eq!(notes.keywords, keywords);
    assert_eq!(notes.rating, Some(4));
}

#[test]
fn iptc_adds_what_xmp_does_not_say() {
    let resources = iptc(&[
        (5, b"Boats"),
        (25, b"night"),
        (25, b"caf\xe9"),
        (25, "żółw".as_bytes()),
        (101, b"Italy"),
    ]);
    let alone = Collected::collect(None, Some(&resources), None).notes;
    assert_eq!(alone.title.as_deref(), Some("Boats"));
    assert_eq!(alone.keywords, ["night", "café", "żółw", "Italy"]);
    let both = Collected::collect(Some(XMP.as_bytes()), Some(&resources), None).notes;
    assert_eq!(both.title.as_deref(), Some("Evening on the Rialto"));
    assert_eq!(both.keywords[6..], ["café", "żółw"]);
}

#[test]
fn ratings_out_of_range_are_none() {
    let rating = |stars: &str| {
        let packet = XMP.replace("\"4\"", &format!("\"{stars}\""));
        let collected = Collected::collect(Some(packet.as_bytes()), None, None);
        collected.notes.rating
    };
    assert_eq!(rating("5"), Some(5));
    assert_eq!(rating("-1"), Some(-1));
    assert_eq!(rating("0"), None);
    assert_eq!(rating("99"), None);
    assert_eq!(rating("NaN"), None);
    assert_eq!(rating("3.0"), Some(3));
}

#[test]
fn a_packet_that_is_too_long_is_noted() {
    let history = "<!-- edited -->".repeat(80_000);
    let packet = XMP.replace("</x:xmpmeta>", &format!("{history}</x:xmpmeta>"));
    let collected = Collected::collect(Some(packet.as_bytes()), None, None);
    assert_eq!(collected.notes.title, None);
    let said = collected.unread.unwrap();
    assert!(said.starts_with("its XMP has 2 MB, "), "{said}");
    assert_eq!(
        Collected::collect(Some(XMP.as_bytes()), None, None).unread,
        None
    );
}

#[test]
fn damage_is_not_read() {
    for cut in 0..XMP.len() {
        let packet = &XMP.as_bytes()[..cut];
        Collected::collect(Some(packet), Some(packet), None);
    }
    let resources = iptc(&[(25, b"one"), (25, b"two")]);
    for cut in 0..resources.len() {
        let notes = Collected::collect(None, Some(&resources[..cut]), None).notes;
        assert!(notes.keywords.is_empty(), "the resource is not whole");
    }
    // Deep nesting and many entities, which some parsers die of.
    let deep = "<a>".repeat(200_000);
    let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>"#;
    for packet in [deep.as_str(), bomb] {
        assert_eq!(
            Collected::collect(Some(packet.as_bytes()), None, None),
            Collected::default()
        );
    }
}
