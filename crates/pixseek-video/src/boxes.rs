//! The boxes of ISO base media files (ISO/IEC 14496-12), which `QuickTime` calls atoms.

/// The four letters that name a box.
pub(crate) type Kind = [u8; 4];

/// The boxes that lie one behind another in some bytes, each as its kind and content. Ends at a box
/// that is cut off.
pub(crate) struct Boxes<'a> {
    rest: &'a [u8],
}

/// The size that a box's header states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub kind: Kind,
    /// Bytes of the header: 8, or 16 with a long size.
    pub length: u64,
    /// Bytes of the content; `None` for a box that reaches to the end of what surrounds it.
    pub content: Option<u64>,
}

/// Big-endian numbers, read one after another. A read behind the end is `None`.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl Header {
    /// The most bytes that a header has.
    pub(crate) const LONGEST: usize = 16;

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let size = fields.u32()?;
        let kind = fields.kind()?;
        let (length, size) = match size {
            0 => (8, None),
            1 => (16, Some(fields.u64()?)),
            size => (8, Some(u64::from(size))),
        };
        let content = match size {
            Some(size) => Some(size.checked_sub(length)?),
            None => None,
        };
        Some(Self {
            kind,
            length,
            content,
        })
    }
}

impl<'a> Boxes<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = (Kind, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let header = Header::read(self.rest)?;
        let behind = self.rest.get(usize::try_from(header.length).ok()?..)?;
        let content = match header.content {
            Some(content) => usize::try_from(content).ok()?,
            None => behind.len(),
        };
        let (content, rest) = behind.split_at_checked(content)?;
        self.rest = rest;
        Some((header.kind, content))
    }
}

/// Returns the content of the first box of a kind.
pub(crate) fn child(bytes: &[u8], kind: Kind) -> Option<&[u8]> {
    Boxes::of(bytes)
        .find(|(found, _)| *found == kind)
        .map(|(_, content)| content)
}

/// Returns the content of a box within boxes.
pub(crate) fn descendant<'a>(bytes: &'a [u8], kinds: &[Kind]) -> Option<&'a [u8]> {
    kinds
        .iter()
        .try_fold(bytes, |bytes, kind| child(bytes, *kind))
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        self.bytes(count).map(|_| ())
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub(crate) fn kind(&mut self) -> Option<Kind> {
        self.array()
    }

    /// Reads a number of 32 bits in version 0 of a box and of 64 bits in version 1.
    pub(crate) fn versioned(&mut self, version: u8) -> Option<u64> {
        if version == 0 {
            self.u32().map(u64::from)
        } else {
            self.u64()
        }
    }

    /// Reads the version and the flags of a full box.
    pub(crate) fn version(&mut self) -> Option<(u8, u32)> {
        let both = self.u32()?;
        let [version, ..] = both.to_be_bytes();
        Some((version, both & 0x00ff_ffff))
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*array)
    }
}
