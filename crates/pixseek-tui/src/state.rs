//! All that the screen shows, as plain data.

mod asked;
mod begun;
mod marks;
mod prompt;
mod rows;
mod run;
mod undo;

pub use asked::{Cycle, Direction, FileChoices, Held, Refinement};
pub use marks::Marks;
pub use prompt::{Confirm, FolderChoices, Prompt};
pub use rows::{Row, row_of};
pub use run::{Details, Indexing, Run, RunningCommand};
pub use undo::{begin as begin_undo, note as note_for_undo, undo};

use crate::keymap::Keymap;
use crate::theme::Theme;
use crate::view::Target;
use pixseek_engine::{Completion, FindOptions, Hit, Order, Query, QueryError, Vocabulary};
use ratatui::layout::Size;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;
use tui_input::Input;

/// Hits that the first question about a query asks for. Scrolling to their end asks for more.
pub const FIRST_PAGE: usize = 200;
/// The most completions offered.
const COMPLETIONS: usize = 12;

/// The part of the screen that keys act on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// The query.
    #[default]
    Type,
    /// The grid or list of photos.
    Browse,
    /// One photo, shown large.
    Detail,
    /// The page of keys.
    Help,
    /// The list of earlier queries.
    History,
    /// The prompt at the bottom.
    Prompt,
    /// A yes-or-no question at the bottom.
    Confirm,
}

/// How hits are laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    #[default]
    Grid,
    List,
}

/// Everything that the screen shows, and everything that decides the effect of a key.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about one screen"
)]
pub struct State {
    pub keymap: Arc<Keymap>,
    pub theme: Theme,
    /// Whether choosing photos returns their paths instead of opening them.
    pub is_picker: bool,
    /// Whether pictures can be drawn.
    pub has_pictures: bool,
    /// Whether the index can be updated from here.
    pub can_index: bool,

    pub mode: Mode,
    /// The mode that the history, the prompt and its question return to.
    pub previous_mode: Mode,
    /// The mode that the help returns to.
    pub mode_below_help: Mode,
    /// The text of the query.
    pub query: Input,
    /// Whether the user typed or completed the word at the cursor. False for a query that was
    /// inserted as a whole, such as one of the history.
    pub word_is_typed: bool,
    /// Completions of the word at the cursor.
    pub completions: Vec<Completion>,
    /// Whether the next press inserts the first completion. False if the word is valid as it
    /// stands.
    pub is_offered: bool,
    /// The completions to cycle through, after one of them was inserted.
    pub cycle: Option<Cycle>,
    /// The filters of the query, as ranges of its bytes.
    pub filters: Vec<Range<usize>>,
    /// The mistake in the query.
    pub mistake: Option<QueryError>,
    /// Files that complete the query.
    pub files: FileChoices,
    /// Words that complete queries.
    pub vocabulary: Arc<Vocabulary>,

    /// The search options.
    pub options: FindOptions,
    /// Whether the search includes weak matches only because it is for photos like one of them.
    pub is_similar: bool,
    /// Photos that the query moves towards or away from, in the order in which they were chosen.
    pub refinements: Vec<Refinement>,
    /// The earlier moments that `undo` restores.
    pub undo: undo::History,
    /// The number of the last question that was asked.
    pub last_question: u64,
    /// The number of the last question that was answered.
    pub last_answer: u64,

    /// Whether typing has rested since the last question.
    pub has_rested: bool,
    /// A result of the last question that waits until typing rests.
    pub held: Option<Held>,

    pub hits: Vec<Hit>,
    /// Counts the changes of the hits.
    hits_version: u64,
    /// The hits in rows.
    pub rows: Vec<Row>,
    /// The inputs of `rows`: the version of the hits, the number of columns, and whether it groups
    /// by month.
    rows_of: (u64, usize, bool),
    /// Whether the screen groups hits by month when their order is by date.
    pub has_months: bool,
    /// Whether the screen shows the marked photos instead of the hits of the query.
    pub shows_marked: bool,
    /// The hit at which a range of marks begins.
    pub range_start: Option<usize>,
    /// Whether the hits belong to an earlier query.
    pub is_stale: bool,
    /// The reason why a filter passes no photo, if there is no hit and such a filter.
    pub empty_filter: Option<String>,
    /// The best score among hits too weak to be shown, if no hit is shown.
    pub best_below: Option<f32>,
    /// The details of the photo in the large view, as far as the search thread has read them.
    pub details: Option<Details>,
    /// Photos in the index, once it is open.
    pub photo_count: Option<u64>,
    /// The hit under the cursor.
    pub selected: usize,
    pub marks: Arc<Marks>,

    /// The kind of text that the prompt at the bottom asks for.
    pub prompt: Prompt,
    /// The text typed into the prompt, or into the filter of the history.
    pub prompt_input: Input,
    /// Whether the prompt holds a proposal, which the first letter replaces.
    pub is_proposed: bool,
    /// The folders that complete the prompt.
    pub folder_choices: FolderChoices,
    /// The pending yes-or-no question.
    pub confirm: Option<Confirm>,
    /// The folder of the last export, as the user typed it.
    pub last_folder: String,
    /// The folder that the prompt suggests for the first index run.
    pub pictures_folder: String,
    /// Whether the welcome has asked for a folder.
    pub has_greeted: bool,
    /// The folder of the current index run, if the user named one here.
    pub indexed_folder: Option<String>,
    /// Earlier queries, the latest first.
    pub history: Vec<String>,
    /// The earlier query under the cursor, among those that match the filter.
    pub history_selected: usize,
    /// The message in the bottom line until the next key: a success or a failure.
    pub notice: Option<String>,
    /// The error of the last search.
    pub failure: Option<String>,
    pub indexing: Indexing,
    /// The commands that run on photos, in the order in which they were started.
    pub commands: Vec<RunningCommand>,

    pub layout: Layout,
    /// The size of thumbnails: 0 is the smallest.
    pub zoom: usize,
    /// The size of the screen, in cells.
    pub screen: Size,
    /// Photos side by side, computed from the size of the screen.
    pub columns: usize,
    /// Photos on a screen.
    pub page: usize,
    /// The first row of photos on the screen.
    pub first_row: usize,
    /// The page of the help on the screen.
    pub help_page: usize,
    /// The time and the target of the last mouse press.
    pub last_press: Option<(Instant, Target)>,
}

impl State {
    /// Creates the state before the first answer.
    pub fn new(query: String, keymap: Keymap, theme: Theme) -> Self {
        let mut state = Self {
            keymap: Arc::new(keymap),
            theme,
            is_picker: false,
            has_pictures: false,
            can_index: false,
            mode: Mode::Type,
            previous_mode: Mode::Browse,
            mode_below_help: Mode::Browse,
            query: Input::new(query),
            word_is_typed: false,
            completions: Vec::new(),
            is_offered: false,
            cycle: None,
            filters: Vec::new(),
            mistake: None,
            files: FileChoices::default(),
            vocabulary: Arc::default(),
            options: FindOptions {
                limit: FIRST_PAGE,
                ..FindOptions::default()
            },
            is_similar: false,
            refinements: Vec::new(),
            undo: undo::History::default(),
            last_question: 0,
            last_answer: 0,
            has_rested: false,
            held: None,
            is_stale: false,
            hits: Vec::new(),
            hits_version: 0,
            rows: Vec::new(),
            rows_of: (0, 0, false),
            has_months: true,
            shows_marked: false,
            range_start: None,
            empty_filter: None,
            best_below: None,
            details: None,
            photo_count: None,
            selected: 0,
            marks: Arc::default(),
            prompt: Prompt::SaveQuery,
            prompt_input: Input::default(),
            is_proposed: false,
            folder_choices: FolderChoices::default(),
            confirm: None,
            last_folder: String::new(),
            pictures_folder: String::new(),
            has_greeted: false,
            indexed_folder: None,
            history: Vec::new(),
            history_selected: 0,
            notice: None,
            failure: None,
            indexing: Indexing::None,
            commands: Vec::new(),
            layout: Layout::Grid,
            zoom: 1,
            screen: Size::default(),
            columns: 1,
            page: 1,
            first_row: 0,
            help_page: 0,
            last_press: None,
        };
        state.query_changed();
        state
    }

    /// Recomputes the completions and filters after a change of the query's text or cursor.
    pub fn query_changed(&mut self) {
        let (text, cursor) = self.text_and_cursor();
        let file = Completion::file_at(text, cursor);
        let is_whole = match &file {
            Some((typed, _)) => self.files.files.iter().any(|file| file == typed),
            None => begun::is_whole(text, cursor, &self.vocabulary),
        };
        let completions: Vec<Completion> = match file {
            Some((typed, span)) => {
                let files = self.files.files.iter();
                let files = files.filter(|file| self.files.typed == typed && *file != typed);
                let files = files.map(|file| Completion::of_file(span.clone(), file));
                files.take(COMPLETIONS).collect()
            }
            None => self.vocabulary.complete(text, cursor, COMPLETIONS),
        };
        let mut filters = Query::filters_of(&begun::closed(text));
        for filter in &mut filters {
            filter.end = filter.end.min(text.len());
        }
        self.is_offered = self.word_is_typed && !completions.is_empty() && !is_whole;
        self.completions = completions;
        self.filters = filters;
        self.cycle = None;
    }

    /// Returns the query and the byte at which its cursor stands.
    fn text_and_cursor(&self) -> (&str, usize) {
        let text = self.query.value();
        let cursor = text.char_indices().nth(self.query.cursor());
        (text, cursor.map_or(text.len(), |(byte, _)| byte))
    }

    /// Returns the value of `like:` at the cursor if the files that complete it are not known.
    pub fn wanted_file(&self) -> Option<String> {
        let (text, cursor) = self.text_and_cursor();
        let (typed, _) = Completion::file_at(text, cursor)?;
        (self.word_is_typed && self.files.typed != typed).then(|| typed.to_owned())
    }

    /// Returns the mode whose screen is visible. The prompt and the yes-or-no question take only
    /// the bottom line.
    pub fn shown_mode(&self) -> Mode {
        if matches!(self.mode, Mode::Prompt | Mode::Confirm) {
            self.previous_mode
        } else {
            self.mode
        }
    }

    /// Returns the earlier query under the cursor.
    pub fn earlier_query(&self) -> Option<String> {
        let queries = self.matching_history();
        queries
            .get(self.history_selected)
            .map(|query| (*query).to_owned())
    }

    /// Returns the hit under the cursor.
    pub fn current(&self) -> Option<&Hit> {
        self.hits.get(self.selected)
    }

    /// Returns the path of the hit under the cursor.
    pub fn current_path(&self) -> Option<Vec<u8>> {
        self.current().map(|hit| hit.path.clone())
    }

    /// Returns the paths of the marked photos, or of the one under the cursor if there are no
    /// marks.
    pub fn chosen(&self) -> Vec<Vec<u8>> {
        if self.marks.is_empty() {
            self.current_path().into_iter().collect()
        } else {
            self.marks.paths()
        }
    }

    /// Replaces the hits.
    pub fn set_hits(&mut self, hits: Vec<Hit>) {
        self.hits = hits;
        self.hits_version += 1;
    }

    /// Lays the hits out in rows if the hits, the columns or the grouping have changed.
    pub fn lay_rows(&mut self) {
        let has_months = self.has_months && self.is_by_date();
        let rows_of = (self.hits_version, self.columns, has_months);
        if self.rows_of != rows_of {
            self.rows = rows::rows(&self.hits, self.columns, has_months);
            self.rows_of = rows_of;
        }
    }

    /// Whether the newest photos come first: the order is by date, or the query describes nothing.
    pub fn is_by_date(&self) -> bool {
        let is_described = |hit: &Hit| hit.score.or(hit.cosine).or(hit.coverage).is_some();
        let is_by_date = match self.options.order {
            Order::Relevance => !self.hits.first().is_some_and(is_described),
            order => order == Order::Date,
        };
        is_by_date && !self.shows_marked
    }

    /// Returns the earlier queries that contain every word of the prompt.
    pub fn matching_history(&self) -> Vec<&str> {
        let words = self.prompt_input.value().to_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        let has_all = |query: &&str| {
            let query = query.to_lowercase();
            words.iter().all(|word| query.contains(word))
        };
        let queries = self.history.iter().map(String::as_str);
        queries.filter(has_all).collect()
    }
}
