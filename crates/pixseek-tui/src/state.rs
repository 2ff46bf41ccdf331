//! All that the screen shows, as plain data.

mod begun;

use crate::effect::{ExportForm, Question};
use crate::keymap::Keymap;
use crate::theme::Theme;
use crate::view::Target;
use pixseek_engine::{
    Answer, Completion, FindOptions, Folding, Hit, Order, Query, QueryError, Shown, Vocabulary,
};
use ratatui::layout::Size;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tui_input::Input;

/// Hits that the first question about a query asks for. Scrolling to their end asks for more.
pub const FIRST_PAGE: usize = 200;
/// Completions that are offered at most.
const COMPLETIONS: usize = 12;

/// What keys act on.
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
}

/// How hits are laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    #[default]
    Grid,
    List,
}

/// What the prompt at the bottom asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// A name for the query.
    SaveQuery,
    /// A folder for the chosen photos.
    Export(ExportForm),
}

/// Who writes to the index now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Indexing {
    #[default]
    None,
    /// This process.
    Here(Run),
    /// Another process, which this describes.
    Elsewhere(String),
}

/// How far an index run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Run {
    /// Files seen so far.
    pub seen: u64,
    /// Files that are known of; the walk may still find more.
    pub total: u64,
    /// Photos encoded so far.
    pub encoded: u64,
    /// Files that failed so far.
    pub failed: u64,
    /// Time since the run began.
    pub elapsed: Duration,
    /// Whether the run was told to end after its batch.
    pub stopping: bool,
}

/// Everything that the screen shows, and what keys need to know.
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
    /// The mode that the help, the history and the prompt return to.
    pub previous_mode: Mode,
    /// The query as it is typed.
    pub query: Input,
    /// Completions of the word at the cursor; the first one is taken next.
    pub completions: Vec<Completion>,
    /// The filters of the query, as ranges of its bytes.
    pub filters: Vec<Range<usize>>,
    /// What is wrong with the query.
    pub mistake: Option<QueryError>,
    /// Words that complete queries.
    pub vocabulary: Arc<Vocabulary>,

    /// How to search.
    pub options: FindOptions,
    /// Photos that the query moves towards, by path.
    pub more_like: Vec<Vec<u8>>,
    /// Photos that the query moves away from, by path.
    pub less_like: Vec<Vec<u8>>,
    /// The number of the last question that was asked.
    pub last_question: u64,
    /// The number of the last question that was answered.
    pub last_answer: u64,

    /// The text of the last question.
    pub asked: String,
    /// Whether no letter has followed the last question for a while.
    pub has_rested: bool,
    /// The answer to the last question, if it has no photos: it is shown when typing rests.
    pub held: Option<Box<Answer>>,

    pub hits: Vec<Hit>,
    /// Whether the hits are those of an earlier query.
    pub is_stale: bool,
    /// The best score of those that are too low to be shown, if no hit is shown.
    pub best_below: Option<f32>,
    /// Photos in the index, once it is open.
    pub photo_count: Option<u64>,
    /// The hit under the cursor.
    pub selected: usize,
    /// Paths of the marked photos, in the order in which they were marked.
    pub marks: Vec<Vec<u8>>,

    /// What the prompt at the bottom asks for.
    pub prompt: Prompt,
    /// What is typed into the prompt, or to filter the history.
    pub prompt_input: Input,
    /// Earlier queries, the latest first.
    pub history: Vec<String>,
    /// The earlier query under the cursor, among those that match the filter.
    pub history_selected: usize,
    /// What the bottom line says until the next key: what was done, or why not.
    pub notice: Option<String>,
    pub indexing: Indexing,

    pub layout: Layout,
    /// The size of the screen, in cells.
    pub screen: Size,
    /// Photos side by side, which follows from the size of the screen.
    pub columns: usize,
    /// Photos on a screen.
    pub page: usize,
    /// The first row of photos on the screen.
    pub first_row: usize,
    /// The first line of the help on the screen.
    pub help_first_line: usize,
    /// When the mouse was last pressed, and on what.
    pub last_press: Option<(Instant, Target)>,
}

impl State {
    /// The state before anything was answered.
    pub fn new(query: String, keymap: Keymap, theme: Theme) -> Self {
        let mut state = Self {
            keymap: Arc::new(keymap),
            theme,
            is_picker: false,
            has_pictures: false,
            can_index: false,
            mode: Mode::Type,
            previous_mode: Mode::Browse,
            query: Input::new(query),
            completions: Vec::new(),
            filters: Vec::new(),
            mistake: None,
            vocabulary: Arc::default(),
            options: FindOptions {
                limit: FIRST_PAGE,
                ..FindOptions::default()
            },
            more_like: Vec::new(),
            less_like: Vec::new(),
            last_question: 0,
            last_answer: 0,
            asked: String::new(),
            has_rested: false,
            held: None,
            is_stale: false,
            hits: Vec::new(),
            best_below: None,
            photo_count: None,
            selected: 0,
            marks: Vec::new(),
            prompt: Prompt::SaveQuery,
            prompt_input: Input::default(),
            history: Vec::new(),
            history_selected: 0,
            notice: None,
            indexing: Indexing::None,
            layout: Layout::Grid,
            screen: Size::default(),
            columns: 1,
            page: 1,
            first_row: 0,
            help_first_line: 0,
            last_press: None,
        };
        state.query_changed();
        state
    }

    /// Finds the completions and the filters of a query whose text or cursor has changed.
    pub fn query_changed(&mut self) {
        let text = self.query.value();
        let cursor = text.char_indices().nth(self.query.cursor());
        let cursor = cursor.map_or(text.len(), |(byte, _)| byte);
        self.completions = self.vocabulary.complete(text, cursor, COMPLETIONS);
        self.filters = Query::filters_of(text);
    }

    /// The next question, about the query as it is now.
    pub fn question(&mut self) -> Question {
        self.last_question += 1;
        self.has_rested = false;
        self.held = None;
        self.asked = self.asked_text();
        Question {
            number: self.last_question,
            text: self.asked.clone(),
            options: self.options,
            more_like: self.more_like.clone(),
            less_like: self.less_like.clone(),
        }
    }

    /// The query that is searched: while it is typed, the word at the cursor is only begun.
    pub fn asked_text(&self) -> String {
        let text = self.query.value();
        if self.mode == Mode::Type {
            begun::with_unfinished_word(text, &self.completions)
        } else {
            text.to_owned()
        }
    }

    /// Whether the last question is not answered yet.
    pub fn is_searching(&self) -> bool {
        self.last_question != self.last_answer
    }

    /// Whether letters are typed rather than taken as commands.
    pub fn is_typing(&self) -> bool {
        matches!(self.mode, Mode::Type | Mode::History | Mode::Prompt)
    }

    /// The mode whose screen is shown. The prompt takes only the bottom line.
    pub fn shown_mode(&self) -> Mode {
        if self.mode == Mode::Prompt {
            self.previous_mode
        } else {
            self.mode
        }
    }

    /// The hit under the cursor.
    pub fn current(&self) -> Option<&Hit> {
        self.hits.get(self.selected)
    }

    /// The path of the hit under the cursor.
    pub fn current_path(&self) -> Option<Vec<u8>> {
        self.current().map(|hit| hit.path.clone())
    }

    /// Paths of the marked photos, or of the one under the cursor if none is marked.
    pub fn chosen(&self) -> Vec<Vec<u8>> {
        if self.marks.is_empty() {
            self.current_path().into_iter().collect()
        } else {
            self.marks.clone()
        }
    }

    pub fn is_marked(&self, hit: &Hit) -> bool {
        self.marks.contains(&hit.path)
    }

    /// Earlier queries that contain every word of the prompt.
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

    /// The settings of the search that differ from the defaults, as the bottom line shows them.
    pub fn unusual_options(&self) -> Vec<&'static str> {
        let mut options = Vec::new();
        if self.options.order == Order::Date {
            options.push("by date");
        }
        if self.options.folding == Folding::None {
            options.push("unfolded");
        }
        if self.options.shown == Shown::All {
            options.push("weak matches too");
        }
        if !self.more_like.is_empty() || !self.less_like.is_empty() {
            options.push("moved by + and -");
        }
        options
    }
}
