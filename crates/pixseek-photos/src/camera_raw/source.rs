//! A file that is read in blocks, where its directories point, up to a limit of bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are read at one time. On a network drive a block costs about as long as one byte.
const BLOCK: u64 = 16 << 10;
/// Blocks to read at most: 896 KiB. The directories and texts of raw files take less than 200 KiB.
const MOST_BLOCKS: usize = 56;

/// What a source reads from: a file, or a test's bytes.
pub(crate) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// A file of which blocks are read when they are asked for.
pub(crate) struct Source<'a> {
    size: u64,
    state: RefCell<State<'a>>,
}

struct State<'a> {
    reader: &'a mut dyn ReadSeek,
    blocks: BTreeMap<u64, Vec<u8>>,
    error: Option<io::Error>,
}

impl<'a> Source<'a> {
    /// A source of `size` bytes.
    pub(crate) fn new(reader: &'a mut dyn ReadSeek, size: u64) -> Self {
        Self {
            size,
            state: RefCell::new(State {
                reader,
                blocks: BTreeMap::new(),
                error: None,
            }),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Reads `length` bytes. Returns `None` where the file ends before, where reading fails, and where
    /// more blocks were asked for than the limit allows.
    pub(crate) fn read(&self, at: u64, length: usize) -> Option<Vec<u8>> {
        let end = at.checked_add(length as u64)?;
        if end > self.size || length as u64 > BLOCK * MOST_BLOCKS as u64 {
            return None;
        }
        let mut state = self.state.borrow_mut();
        let mut bytes = Vec::with_capacity(length);
        let mut at = at;
        while at < end {
            let (number, from) = (at / BLOCK, at % BLOCK);
            let block = state.block(number, self.size)?;
            let to = (end - number * BLOCK).min(block.len() as u64);
            let part = block.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)?;
            if part.is_empty() {
                return None;
            }
            bytes.extend_from_slice(part);
            at += part.len() as u64;
        }
        Some(bytes)
    }

    /// Reads an integer of `width` bytes, 8 at most.
    pub(crate) fn number(&self, at: u64, width: usize, is_little: bool) -> Option<u64> {
        Some(number(&self.read(at, width)?, is_little))
    }

    /// Returns the error of the reads that failed, if one did.
    pub(crate) fn take_error(&self) -> Option<io::Error> {
        self.state.borrow_mut().error.take()
    }
}

impl State<'_> {
    fn block(&mut self, number: u64, size: u64) -> Option<&[u8]> {
        if !self.blocks.contains_key(&number) {
            if self.error.is_some() || self.blocks.len() == MOST_BLOCKS {
                return None;
            }
            let at = number * BLOCK;
            match self.load(at, BLOCK.min(size - at)) {
                Ok(block) => self.blocks.insert(number, block),
                Err(error) => {
                    self.error = Some(error);
                    return None;
                }
            };
        }
        self.blocks.get(&number).map(Vec::as_slice)
    }

    fn load(&mut self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        self.reader.seek(SeekFrom::Start(at))?;
        let mut block = Vec::new();
        (&mut *self.reader).take(length).read_to_end(&mut block)?;
        Ok(block)
    }
}

/// The integer that some bytes are.
pub(crate) fn number(bytes: &[u8], is_little: bool) -> u64 {
    let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if is_little {
        bytes.iter().rev().fold(0, add)
    } else {
        bytes.iter().fold(0, add)
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, MOST_BLOCKS, Source};
    use std::io::Cursor;

    #[test]
    fn blocks_are_joined_and_their_number_is_limited() {
        let bytes: Vec<u8> = (0_u32..500_000).flat_map(u32::to_le_bytes).collect();
        let mut reader = Cursor::new(bytes.as_slice());
        let source = Source::new(&mut reader, bytes.len() as u64);
        let check = |at: usize, length: usize| {
            let expected = bytes.get(at..at + length).map(<[u8]>::to_vec);
            assert_eq!(source.read(at as u64, length), expected, "{at}");
        };
        let block = usize::try_from(BLOCK).unwrap();
        check(0, 4);
        check(block - 2, 4);
        check(10, 3 * block);
        check(bytes.len() - 4, 4);
        check(bytes.len() - 3, 4);
        check(bytes.len(), 1);
        assert_eq!(source.read(u64::MAX, 2), None);
        assert_eq!(source.number(8, 4, true), Some(2));
        assert_eq!(source.number(8, 4, false), Some(0x0200_0000));
        // Five blocks have been read.
        let all = (0..bytes.len() as u64).step_by(block);
        let read = all.filter(|at| source.read(*at, 1).is_some()).count();
        assert_eq!(read, MOST_BLOCKS);
        assert!(source.take_error().is_none());
    }
}
