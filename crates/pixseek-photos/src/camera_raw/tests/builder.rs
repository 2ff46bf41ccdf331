//! Writes TIFFs as cameras do: directories, values, JPEGs and makers' notes.

/// A directory and what it leads to.
#[derive(Default, Clone)]
pub(super) struct Directory {
    fields: Vec<(u16, Value)>,
    next: Option<Box<Self>>,
}

/// What a field has or leads to.
#[derive(Clone)]
pub(super) enum Value {
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
    Rationals(Vec<u32>),
    Text(String),
    /// Bytes that are numbers.
    Bytes(Vec<u8>),
    /// Bytes without a meaning, as the field's value.
    Undefined(Vec<u8>),
    /// The offset of bytes.
    Offset(Vec<u8>),
    /// The offsets of directories.
    Directories(Vec<Directory>),
    /// A maker's header and a directory whose offsets count from the TIFF's beginning.
    Note(Vec<u8>, Directory),
}

/// How a file begins.
pub(super) struct Header {
    pub is_little: bool,
    /// The bytes in front of the offset of the first directory.
    pub magic: &'static [u8],
    /// The bytes behind it.
    pub behind: &'static [u8],
}

pub(super) const LITTLE: Header = Header {
    is_little: true,
    magic: b"II*\0",
    behind: b"",
};

pub(super) const BIG: Header = Header {
    is_little: false,
    magic: b"MM\0*",
    behind: b"",
};

impl Directory {
    pub(super) fn with(mut self, tag: u16, value: Value) -> Self {
        self.fields.push((tag, value));
        self
    }

    pub(super) fn short(self, tag: u16, value: u16) -> Self {
        self.with(tag, Value::Shorts(vec![value]))
    }

    pub(super) fn long(self, tag: u16, value: usize) -> Self {
        self.with(tag, Value::Longs(vec![u32::try_from(value).unwrap()]))
    }

    pub(super) fn text(self, tag: u16, text: &str) -> Self {
        self.with(tag, Value::Text(format!("{text}\0")))
    }

    /// Leads to bytes, and says how many they are.
    pub(super) fn data(self, [offset, length]: [u16; 2], bytes: &[u8]) -> Self {
        self.with(offset, Value::Offset(bytes.to_vec()))
            .long(length, bytes.len())
    }

    pub(super) fn leads_to(self, tag: u16, directories: &[Self]) -> Self {
        self.with(tag, Value::Directories(directories.to_vec()))
    }

    pub(super) fn then(mut self, next: Self) -> Self {
        match &mut self.next {
            Some(first) => **first = std::mem::take(&mut **first).then(next),
            None => self.next = Some(Box::new(next)),
        }
        self
    }
}

/// Writes a file whose first directory this is.
pub(super) fn tiff(header: &Header, first: &Directory) -> Vec<u8> {
    let at = header.magic.len() + 4 + header.behind.len();
    let order = header.is_little;
    let bytes = [header.magic, &word(order, at), header.behind].concat();
    let mut file = File { bytes, order };
    file.directory(first);
    file.bytes
}

struct File {
    bytes: Vec<u8>,
    order: bool,
}

impl File {
    /// Appends a directory and all that belongs to it, and returns its offset.
    fn directory(&mut self, directory: &Directory) -> usize {
        let at = self.bytes.len();
        let mut fields = directory.fields.clone();
        fields.sort_by_key(|(tag, _)| *tag);
        self.bytes.extend(half(self.order, fields.len()));
        self.bytes.extend(vec![0; fields.len() * 12 + 4]);
        for (number, (tag, value)) in fields.iter().enumerate() {
            let (kind, count, value) = self.value(value);
            let entry = at + 2 + number * 12;
            let parts = [
                half(self.order, (*tag).into()).to_vec(),
                half(self.order, kind).to_vec(),
                word(self.order, count).to_vec(),
                value,
            ];
            self.bytes[entry..entry + 12].copy_from_slice(&parts.concat());
        }
        if let Some(next) = &directory.next {
            let next = self.directory(next);
            let end = at + 2 + fields.len() * 12;
            self.bytes[end..end + 4].copy_from_slice(&word(self.order, next));
        }
        at
    }

    /// Appends what a value leads to; returns its type, its count and the entry's last four bytes.
    fn value(&mut self, value: &Value) -> (usize, usize, Vec<u8>) {
        let order = self.order;
        let (kind, count, bytes) = match value {
            Value::Shorts(numbers) => {
                let halves = numbers.iter().flat_map(|it| half(order, (*it).into()));
                (3, numbers.len(), halves.collect())
            }
            Value::Longs(numbers) => (4, numbers.len(), words(order, numbers)),
            Value::Rationals(numbers) => {
                let all: Vec<u32> = numbers.iter().flat_map(|it| [*it, 1]).collect();
                (5, numbers.len(), words(order, &all))
            }
            Value::Text(text) => (2, text.len(), text.as_bytes().to_vec()),
            Value::Bytes(bytes) => (1, bytes.len(), bytes.clone()),
            Value::Undefined(bytes) => (7, bytes.len(), bytes.clone()),
            Value::Offset(bytes) => {
                let at = self.bytes.len();
                self.bytes.extend(bytes);
                (4, 1, word(order, at).to_vec())
            }
            Value::Directories(directories) => {
                let offsets = directories.iter().map(|it| self.directory(it));
                let offsets: Vec<_> = offsets.flat_map(|at| word(order, at)).collect();
                (4, directories.len(), offsets)
            }
            Value::Note(header, directory) => {
                let at = self.bytes.len();
                self.bytes.extend(header);
                self.directory(directory);
                return (7, self.bytes.len() - at, word(order, at).to_vec());
            }
        };
        if bytes.len() <= 4 {
            let padding = vec![0; 4 - bytes.len()];
            return (kind, count, [bytes, padding].concat());
        }
        let at = self.bytes.len();
        self.bytes.extend(bytes);
        (kind, count, word(order, at).to_vec())
    }
}

fn words(order: bool, numbers: &[u32]) -> Vec<u8> {
    let each = numbers.iter().map(|it| *it as usize);
    each.flat_map(|it| word(order, it)).collect()
}

pub(super) fn word(is_little: bool, number: usize) -> [u8; 4] {
    let number = u32::try_from(number).unwrap();
    if is_little {
        number.to_le_bytes()
    } else {
        number.to_be_bytes()
    }
}

pub(super) fn half(is_little: bool, number: usize) -> [u8; 2] {
    let number = u16::try_from(number).unwrap();
    if is_little {
        number.to_le_bytes()
    } else {
        number.to_be_bytes()
    }
}
