//! How numbers of a picture become colours, as H.273 numbers it.

use crate::boxes::Fields;

/// The code points of a film's colours. 2 is "unspecified" in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    pub primaries: u8,
    pub transfer: u8,
    pub matrix: u8,
    /// Whether black is 0 and white the largest number, rather than 16 and 235 of 255.
    pub is_full_range: bool,
}

/// The weights of red and blue in luma; those of green are the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LumaWeights {
    pub red: f32,
    pub blue: f32,
}

const UNSPECIFIED: u8 = 2;

/// Primaries of BT.2020 and of P3 with the white point D65.
pub(crate) const PRIMARIES_2020: u8 = 9;
pub(crate) const PRIMARIES_P3: u8 = 12;
/// Transfer functions of high dynamic range: perceptual quantizer (ST 2084) and hybrid log-gamma.
pub(crate) const TRANSFER_PQ: u8 = 16;
pub(crate) const TRANSFER_HLG: u8 = 18;

const BT_601: LumaWeights = LumaWeights {
    red: 0.299,
    blue: 0.114,
};
const BT_709: LumaWeights = LumaWeights {
    red: 0.2126,
    blue: 0.0722,
};
const BT_2020: LumaWeights = LumaWeights {
    red: 0.2627,
    blue: 0.0593,
};

impl Default for Colour {
    fn default() -> Self {
        Self {
            primaries: UNSPECIFIED,
            transfer: UNSPECIFIED,
            matrix: UNSPECIFIED,
            is_full_range: false,
        }
    }
}

impl Colour {
    /// Reads the box `colr`: `nclx` of ISO files, or `nclc` of `QuickTime` files, which has no range.
    pub(crate) fn of_box(colr: &[u8]) -> Self {
        let read = || {
            let mut fields = Fields::new(colr);
            let kind = fields.kind()?;
            let mut code = || u8::try_from(fields.u16()?).ok();
            let colour = Self {
                primaries: code()?,
                transfer: code()?,
                matrix: code()?,
                is_full_range: false,
            };
            match &kind {
                b"nclx" => Some(Self {
                    is_full_range: fields.u8()? & 0x80 != 0,
                    ..colour
                }),
                b"nclc" => Some(colour),
                _ => None,
            }
        };
        read().unwrap_or_default()
    }

    /// These colours, and where they are unspecified, others.
    pub(crate) fn or(self, other: Self) -> Self {
        let or = |own: u8, other: u8| if own == UNSPECIFIED { other } else { own };
        Self {
            primaries: or(self.primaries, other.primaries),
            transfer: or(self.transfer, other.transfer),
            matrix: or(self.matrix, other.matrix),
            is_full_range: self.is_full_range || other.is_full_range,
        }
    }

    /// The weights of the matrix; `None` for one that is not of luma and two differences of colour.
    ///
    /// Where nothing is specified the size decides, as players do it: BT.709 for high definition, else
    /// BT.601.
    pub(crate) fn luma_weights(self, [width, height]: [usize; 2]) -> Option<LumaWeights> {
        match self.matrix {
            1 => Some(BT_709),
            // Reserved numbers are taken as unspecified; some cameras write 0 or 3.
            UNSPECIFIED | 3 if width.max(height) >= 1280 || width.min(height) >= 720 => {
                Some(BT_709)
            }
            UNSPECIFIED | 3 | 4 | 5 | 6 => Some(BT_601),
            7 => Some(LumaWeights {
                red: 0.212,
                blue: 0.087,
            }),
            9 | 10 => Some(BT_2020),
            _ => None,
        }
    }
}
