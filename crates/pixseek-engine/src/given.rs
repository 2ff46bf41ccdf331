//! Labels that a person gives to photos by hand, beside those that the model computes.

use crate::{EngineError, Photos};
use pixseek_index::GivenLabels;
use pixseek_record::path_of;

/// Characters of a label at most.
const LONGEST: usize = 100;

/// What giving a label changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labelled {
    /// Number of photos that did not have the label before.
    pub new: usize,
    /// Number of photos that have it now.
    pub photos: usize,
}

impl Photos {
    /// The labels that a person gave.
    ///
    /// # Errors
    ///
    /// Fails when they are damaged.
    pub fn given_labels(&self) -> Result<GivenLabels, EngineError> {
        Ok(GivenLabels::read(self.index())?)
    }

    /// All labels of the photo at a path: those that a person gave, then the computed ones, the best
    /// first.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn labels_of(&self, path: &[u8]) -> Result<Vec<String>, EngineError> {
        let Some(content) = self.content_at(path)? else {
            return Ok(Vec::new());
        };
        let given = self.given_labels()?;
        let mut labels: Vec<String> = given.of(&content).map(str::to_owned).collect();
        if let Some(computed) = self.labels()? {
            for (label, _) in computed.of(path)? {
                if !labels.iter().any(|given| given == label) {
                    labels.push(label.to_owned());
                }
            }
        }
        Ok(labels)
    }

    /// Gives a label to the photos at these paths, given by their bytes. Copies of a photo have it,
    /// too.
    ///
    /// # Errors
    ///
    /// Fails when no filter could name the label, or a path is not indexed: nothing is changed then.
    pub fn give_label(&self, label: &str, paths: &[Vec<u8>]) -> Result<Labelled, EngineError> {
        let label = checked(label)?;
        let contents = self.contents(paths)?;
        Ok(GivenLabels::update(self.index(), |labels| {
            let new = labels.give(&label, contents);
            let photos = labels.count(&label);
            Labelled { new, photos }
        })?)
    }

    /// Takes a label from the photos at these paths. Returns how many had it.
    ///
    /// # Errors
    ///
    /// Fails when a path is not indexed: nothing is changed then.
    pub fn take_label(&self, label: &str, paths: &[Vec<u8>]) -> Result<usize, EngineError> {
        let contents = self.contents(paths)?;
        Ok(GivenLabels::update(self.index(), |labels| {
            labels.take(label.trim(), contents)
        })?)
    }

    /// Removes a label that a person gave. Returns how many photos had it.
    ///
    /// # Errors
    ///
    /// Fails when the labels are damaged, or a write fails.
    pub fn remove_given(&self, label: &str) -> Result<usize, EngineError> {
        Ok(GivenLabels::update(self.index(), |labels| {
            labels.remove(label.trim())
        })?)
    }

    fn contents(&self, paths: &[Vec<u8>]) -> Result<Vec<[u8; 32]>, EngineError> {
        let content = |path: &Vec<u8>| {
            let photo = self.content_at(path)?;
            photo.ok_or_else(|| EngineError::NotIndexed(path_of(path)))
        };
        paths.iter().map(content).collect()
    }
}

/// A label as it is stored: without spaces around it, and one that `tag:` can name.
fn checked(label: &str) -> Result<String, EngineError> {
    let label = label.trim();
    let is_sign = |c: char| c.is_control() || matches!(c, ',' | '"' | '\\');
    if label.is_empty() || label.chars().count() > LONGEST || label.contains(is_sign) {
        return Err(EngineError::Label(label.into()));
    }
    Ok(label.into())
}

#[cfg(test)]
mod tests {
    use super::Labelled;
    use crate::made_library::MadeLibrary;
    use crate::{EngineError, Photos};

    #[test]
    fn labels_are_given_to_all_photos_or_none() {
        let mut library = MadeLibrary::new();
        for path in ["/p/a.jpg", "/p/b.jpg"] {
            let vector = library.vector();
            library.add(path, vector);
        }
        library.writer.publish().unwrap();
        let photos = Photos::open(library.folder.path()).unwrap();
        let [a, b, gone] = ["/p/a.jpg", "/p/b.jpg", "/p/gone.jpg"].map(Vec::from);
        let unknown = photos.give_label("trip", &[a.clone(), gone]);
        assert!(matches!(unknown, Err(EngineError::NotIndexed(_))));
        assert!(photos.given_labels().unwrap().is_empty());
        let given = photos.give_label(" Trip ", &[a.clone(), b]).unwrap();
        assert_eq!(given, Labelled { new: 2, photos: 2 });
        let again = photos.give_label("trip", std::slice::from_ref(&a)).unwrap();
        assert_eq!(again, Labelled { new: 0, photos: 2 });
        assert_eq!(photos.take_label("TRIP", &[a]).unwrap(), 1);
        assert_eq!(photos.remove_given("trip").unwrap(), 1);
        for label in ["", " ", "a,b", "a\nb", "say \"x\"", &"x".repeat(101)] {
            assert!(photos.give_label(label, &[]).is_err(), "{label:?}");
        }
    }
}
