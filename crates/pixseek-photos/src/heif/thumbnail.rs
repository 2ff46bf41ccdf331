//! The smaller copy that phones put beside a picture, where it is large enough for a model.
//!
//! Only a copy that shows the same is used: some are cut, or are not turned as the picture is.

use super::transform::{self, Step};
use super::{item, shown_size};
use heifer_isobmff::{HeifFile, ItemId};

/// What must agree between a picture and its copy.
struct Shape {
    size: [u32; 2],
    turns: Vec<Step>,
}

impl Shape {
    /// `None` for pictures that are cut or made of pictures with turns of their own, and for those whose
    /// opacity the copy may lack.
    fn of(file: &HeifFile<'_>, id: ItemId) -> Option<Self> {
        let kind = file.item(id).ok()?.item_type.0;
        if !matches!(&kind, b"grid" | b"hvc1" | b"hev1" | b"av01" | b"jpeg") {
            return None;
        }
        if item::opacity_of(file, id).ok()?.is_some() {
            return None;
        }
        Some(Self {
            size: shown_size(file, id, 0).ok()?,
            turns: transform::turns(file, id)?,
        })
    }

    /// Whether a copy has the same sides, to within one of its pixels, and is turned alike.
    fn is_that_of(&self, copy: &Self) -> bool {
        let [width, height] = self.size.map(u64::from);
        let [copy_width, copy_height] = copy.size.map(u64::from);
        let difference = (width * copy_height).abs_diff(height * copy_width);
        self.turns == copy.turns && copy_width <= width && difference <= width.max(height)
    }
}

/// The smallest copy of a picture whose short side has at least so many pixels, and its size.
pub(super) fn at_least(file: &HeifFile<'_>, id: ItemId, side: f64) -> Option<(ItemId, [u32; 2])> {
    let whole = Shape::of(file, id)?;
    let copies = file.referencing_items(id, b"thmb").into_iter();
    let copies = copies.filter_map(|copy| {
        let shape = Shape::of(file, copy)?;
        whole.is_that_of(&shape).then_some((copy, shape.size))
    });
    let large = copies.filter(|(_, size)| f64::from(size[0].min(size[1])) >= side);
    large.min_by_key(|(_, size)| size[0])
}

#[cfg(test)]
mod tests {
    use super::{Shape, Step};

    #[test]
    fn a_copy_has_the_sides_and_the_turns_of_its_picture() {
        let check = |size: [u32; 2], turns: &[Step], expected: bool| {
            let whole = Shape {
                size: [3000, 4000],
                turns: vec![Step::Rotate(1)],
            };
            let copy = Shape {
                size,
                turns: turns.to_vec(),
            };
            assert_eq!(whole.is_that_of(&copy), expected, "{size:?} {turns:?}");
        };
        let turned = [Step::Rotate(1)];
        check([384, 512], &turned, true);
        check([383, 512], &turned, true);
        check([382, 512], &turned, false);
        check([512, 384], &turned, false);
        check([384, 512], &[], false);
        check([384, 512], &[Step::Rotate(3)], false);
        check([3003, 4004], &turned, false);
    }
}
