//! `pullcreds explain`: what a finding means.

use pullcreds::finding::Code;
use pullcreds::report;

use crate::cli::exit::{Exit, Stop};
use crate::cli::output::print;
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, look_of};

pub(crate) fn explain(code: Option<&Code>) -> Result<Exit, Stop> {
    let look = look_of(&Layer::default(), Mode::Check)?;
    print(&code.map_or_else(|| report::codes(look), |code| report::explain(code, look)))
}
