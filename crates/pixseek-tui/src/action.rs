//! What a key can be bound to.

/// A command of the user. The table of [`crate::keymap`] binds keys to these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Type the query.
    Type,
    /// Leave the query for the photos.
    Browse,
    /// Go back one step.
    Leave,
    /// End the program.
    Quit,
    /// Open the chosen photos; a picker returns their paths.
    Choose,
    /// Take the first completion; without one, go to the photos.
    Complete,
    /// Offer the next completion first.
    NextCompletion,
    /// Open the list of earlier queries.
    History,
    /// Save the query under a name.
    Save,
    /// Take the earlier query, or what was typed into the prompt.
    Accept,
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    /// Mark the photo, or remove its mark.
    Mark,
    /// Remove all marks.
    UnmarkAll,
    /// End the program and print the chosen paths.
    Print,
    /// Copy the chosen paths to the clipboard.
    Copy,
    /// Copy the chosen files into a folder.
    ExportCopies,
    /// Link to the chosen files from a folder.
    ExportLinks,
    /// Open the folder of the photo.
    OpenFolder,
    /// Show the photo large, or go back.
    Detail,
    /// Show the keys, or go back.
    Help,
    /// Change between grid and list.
    Layout,
    /// Change between the order by match and by date.
    Sort,
    /// Change whether copies and bursts are folded behind one hit.
    Fold,
    /// Change whether weak matches are shown.
    WeakMatches,
    /// Move the query towards the photo.
    MoreLike,
    /// Move the query away from the photo.
    LessLike,
    /// Remove the last filter of the query.
    RemoveFilter,
    /// Start an index run, or end it.
    Index,
    /// Stop the program until the shell continues it.
    Suspend,
}
