//! `pullcreds argocd-parameters`: what an Application may set, for `parameters.dynamic` of a plugin.

use serde::Serialize;

use crate::cli::environment::variable;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::print;
use crate::cli::settings::Mode;
use crate::cli::settings::argocd::parameters;
use crate::cli::settings::layer::Layer;
use crate::cli::settings::table::{Parameter, Setting, SettingType};

// The announcement.
/// As Argo CD reads an announced parameter (`ParameterAnnouncement`).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Announced {
    name: &'static str,
    title: &'static str,
    tooltip: String,
    required: bool,
    item_type: &'static str,
    collection_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    array: Option<Vec<String>>,
}

/// Prints what an Application may ask for, for `spec.parameters.dynamic` of the plugin.
pub(crate) fn announce() -> Result<Exit, Stop> {
    let stated = Layer::environment(Mode::Run).only(&["no-app-overrides"]).resolve()?;
    let locked = stated.no_app_overrides.unwrap_or(false);
    let announced: Vec<_> = parameters().filter(|_| !locked).map(announced).collect();
    let text = serde_json::to_string_pretty(&announced).expect("texts and lists are JSON");
    print(&(text + "\n"))
}

fn announced((setting, parameter): (&Setting, &Parameter)) -> Announced {
    let Parameter { title, default, .. } = *parameter;
    let stated = variable(&setting.variable());
    let (item_type, collection_type) = match setting.value {
        SettingType::Switch(_) => ("boolean", "string"),
        value if value.is_list() => ("string", "array"),
        _ => ("string", "string"),
    };
    let (string, array) = if setting.value.is_list() {
        let values = stated.as_deref().unwrap_or_default().split(['\n', ',']).map(str::trim);
        (None, Some(values.filter(|value| !value.is_empty()).map(str::to_owned).collect()))
    } else {
        (Some(stated.unwrap_or_else(|| default.to_owned())), None)
    };
    let tooltip = setting.with_words(parameter.tooltip);
    let name = setting.name;
    Announced { name, title, tooltip, required: false, item_type, collection_type, string, array }
}
