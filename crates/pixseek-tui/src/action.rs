//! The actions that keys can be bound to.

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
    /// Close the topmost screen: the help, the large photo, the program.
    Close,
    /// Go from the query to the photos, and there open the chosen ones; a picker returns their
    /// paths.
    Choose,
    /// Insert the offered completion. Pressed again, cycle to the next; if there is none, go to the
    /// photos.
    Complete,
    /// Insert the previous completion.
    CompleteBack,
    /// Offer the next completion instead of the first.
    NextCompletion,
    /// Complete the folder of the prompt.
    CompletePath,
    /// Delete the earlier query under the cursor.
    ForgetQuery,
    /// Open the list of earlier queries.
    History,
    /// Save the query under a name.
    Save,
    /// Accept the earlier query, or the text typed into the prompt.
    Accept,
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    First,
    Last,
    /// Go to the next month.
    MonthOn,
    /// Go to the beginning of this month, or the one before.
    MonthBack,
    /// Mark the photo, or remove its mark.
    Mark,
    /// Remove all marks.
    UnmarkAll,
    /// Mark all photos that are loaded.
    MarkAll,
    /// Mark all unmarked photos, and remove the marks of the others.
    Invert,
    /// Begin a range of marks, or end it.
    Range,
    /// Show only the marked photos, or return to the hits of the query.
    OnlyMarked,
    /// End the program and print the chosen paths.
    Print,
    /// Copy the chosen paths to the clipboard.
    Copy,
    /// Copy the chosen files into a folder.
    ExportCopies,
    /// Link to the chosen files from a folder.
    ExportLinks,
    /// Teach a name with the chosen photos.
    Teach,
    /// Set a tag on the chosen photos.
    Tag,
    /// Take a tag from the chosen photos.
    Untag,
    /// Run a command on the chosen files.
    Command,
    /// Open the folder of the photo.
    OpenFolder,
    /// Show the photo large, or go back.
    Detail,
    /// Show the keys, or go back.
    Help,
    /// Change between grid and list.
    Layout,
    /// Group photos by month, or stop grouping them.
    Months,
    /// Make thumbnails larger.
    Larger,
    /// Make thumbnails smaller.
    Smaller,
    /// Change between the order by match and by date.
    Sort,
    /// Fold copies and bursts behind one hit, or show them all.
    Fold,
    /// Show weak matches, or hide them.
    WeakMatches,
    /// Move the query towards the photo.
    MoreLike,
    /// Move the query away from the photo.
    LessLike,
    /// Ask for photos like this one.
    Similar,
    /// Ask for the photos of this day in other years.
    ThisDay,
    /// Remove the last refinement, or else the last filter of the query.
    RemoveFilter,
    /// Undo the last change of the query, its refinements or the marks.
    Undo,
    /// Start an index run, or end it.
    Index,
    /// Stop the program until the shell continues it.
    Suspend,
}
