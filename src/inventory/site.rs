//! Where `imagePullSecrets` of one mapping can be written: worked out while the document's tree is there, filled in with
//! names later.
//!
//! Nothing here knows which names there will be, or whether any will, and nothing how text is written.

use std::sync::Arc;

use crate::kinds::SecretForm;
use crate::patch::{self, Form, Gap, Gaps, Refusal};
use crate::shared::Shared;
use crate::source::Span;
use crate::text::shown;
use crate::yaml::{Node, NodeKind};

use super::PULL_SECRETS;

/// Where the list of one holder (a pod spec or a ServiceAccount) can be written, or why it cannot.
#[derive(Clone)]
pub struct Site {
    /// How many places of the document change with an edit here: more than one if an alias leads here.
    pub users: u64,
    /// Whether the names that are in effect already have to be written again, before new ones.
    pub restates: bool,
    /// Where the list begins that is there already.
    pub list: Option<u32>,
    /// Where the list begins that an alias stands for, which an edit here takes the place of.
    pub frees: Option<u32>,
    shape: Result<(Span, Arc<Form>), Box<Refusal>>,
}

impl Site {
    /// Where the list of `holder`, a mapping, can be written.
    pub(super) fn of(holder: Node<'_, '_>, forms: &mut Shared<Form>) -> Self {
        Self::grown(holder, &[PULL_SECRETS], Gaps::Items(Gap::Field("name")), forms)
    }

    /// Where the names of pull secrets that belong to the end of `keys` from `holder` can be written.
    pub(super) fn at(
        holder: Node<'_, '_>,
        keys: &[&str],
        form: SecretForm,
        forms: &mut Shared<Form>,
    ) -> Self {
        let gaps = match form {
            SecretForm::Objects => Gaps::Items(Gap::Field("name")),
            SecretForm::Names => Gaps::Items(Gap::Text),
            SecretForm::Object => Gaps::One(Gap::Field("name")),
            SecretForm::Name => Gaps::One(Gap::Text),
            SecretForm::Text => Gaps::Commas,
        };
        Self::grown(holder, keys, gaps, forms)
    }

    fn grown(
        holder: Node<'_, '_>,
        keys: &[&str],
        gaps: Gaps<'_>,
        forms: &mut Shared<Form>,
    ) -> Self {
        match patch::grow(holder, keys, gaps, "containers") {
            Ok(patch) => {
                let alias = patch.found.filter(|found| found.kind() == NodeKind::Alias);
                Self {
                    users: holder.tree().paths_to(patch.target),
                    restates: patch.restates,
                    list: patch.found.map(|found| found.span().start),
                    frees: alias.map(|alias| alias.resolved().span().start),
                    shape: Ok((patch.place, forms.keep(patch.form))),
                }
            }
            Err(refusal) => Self::refused(refusal),
        }
    }

    /// Where there is no field for pull secrets.
    pub(super) fn without_field(place: Node<'_, '_>) -> Self {
        Self::refused(Refusal {
            span: place.span(),
            why: "no field for pull secrets is known for this kind",
            advice: "name the pull secret in its ServiceAccount, or name the field in the policy (pullSecrets of the \
                     entry in customResources)"
                .into(),
        })
    }

    /// Where the names would be in the metadata of the object, where stamps are written.
    pub(super) fn in_metadata(place: Node<'_, '_>) -> Self {
        Self::refused(Refusal {
            span: place.span(),
            why: "its field for pull secrets is below metadata, where pullcreds writes its stamp only",
            advice: "write the names of the pull secrets by hand".into(),
        })
    }

    /// Where there is an entry already, and only the first one counts.
    pub(super) fn only_first(list: Span) -> Self {
        Self::refused(Refusal {
            span: list,
            why: "it has an entry already, and only the first one counts",
            advice: ONE_SECRET.into(),
        })
    }

    /// Where no field can carry a pull secret, with what to do instead.
    pub(super) fn impossible(place: Node<'_, '_>, instead: &str) -> Self {
        Self::refused(Refusal {
            span: place.span(),
            why: "its kind has no field for pull secrets",
            advice: shown(instead).into(),
        })
    }

    /// Where the operator ignores the list, which is at `list` if there is one.
    pub(super) fn ignored(list: Span, place: Node<'_, '_>) -> Self {
        Self::refused(Refusal {
            span: if list.is_empty() { place.span() } else { list },
            why: "it names its ServiceAccount, and its operator ignores the pull secrets then",
            advice: "name the pull secret in imagePullSecrets of that ServiceAccount".into(),
        })
    }

    /// Where the list is that of an object in a dump of the cluster, which `span` refers to.
    pub(super) fn in_cluster(span: Span) -> Self {
        Self::refused(Refusal {
            span,
            why: "its pods are those of a template in the cluster dump, which pullcreds does not edit",
            advice: "add the template to the input, or name the pull secret in it by hand".into(),
        })
    }

    fn refused(refusal: Refusal) -> Self {
        let shape = Err(Box::new(refusal));
        Self { users: 0, restates: false, list: None, frees: None, shape }
    }

    /// The byte where an edit would begin, which tells two sites apart.
    ///
    /// # Errors
    ///
    /// Why there can be no edit.
    pub fn place(&self) -> Result<Span, &Refusal> {
        self.shape.as_ref().map(|(place, _)| *place).map_err(|refusal| &**refusal)
    }

    /// The bytes to replace, mostly none, and the text to put there.
    ///
    /// # Errors
    ///
    /// Why there can be no edit.
    pub fn write<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(Span, String), Refusal> {
        match &self.shape {
            Ok((place, form)) => {
                form.write(names).map(|text| (*place, text)).ok_or_else(|| unfit(*place))
            }
            Err(refusal) => Err((**refusal).clone()),
        }
    }
}

/// What to do where there is room for one pull secret only.
const ONE_SECRET: &str = "put the credentials for all registries into that one Secret, or inject into the ServiceAccount";

fn unfit(place: Span) -> Refusal {
    Refusal {
        span: place,
        why: "there is room for one pull secret only",
        advice: ONE_SECRET.into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::edit::{Edit, Plan};
    use crate::inventory::Inventory;

    /// Adds `new` to the list of every holder and compares the whole text.
    #[track_caller]
    fn check(before: &str, after: &str) {
        assert_eq!(written(before).as_deref(), Ok(after));
    }

    #[track_caller]
    fn check_refused(before: &str, why: &str) {
        let refusal = written(before).expect_err("it is refused");
        assert!(refusal.contains(why), "{refusal}");
    }

    fn written(before: &str) -> Result<String, String> {
        let inventory = Inventory::of(before).map_err(|problem| problem.message)?;
        let pods = inventory.workloads.iter().map(|pod| (&pod.site, &pod.pull_secrets));
        let accounts = inventory.service_accounts.iter();
        let accounts = accounts.map(|account| (&account.site, &account.pull_secrets));
        let mut edits: Vec<Edit> = Vec::new();
        for (site, list) in pods.chain(accounts) {
            let old = list.names().map(|name| &**name).filter(|_| site.restates);
            let (place, insert) = site.write(old.chain(["new"])).map_err(|refusal| refusal.why)?;
            if edits.iter().all(|edit| edit.place != place) {
                edits.push(Edit { place, insert: insert.into() });
            }
        }
        assert!(!edits.is_empty(), "there is no holder");
        Ok(Plan::new(edits).expect("the edits are disjoint").apply(before))
    }

    fn pod(spec: &str) -> String {
        format!("apiVersion: v1\nkind: Pod\nspec:\n{spec}")
    }

    /// The same for the part below `spec:` of a Pod.
    #[track_caller]
    fn check_spec(before: &str, after: &str) {
        check(&pod(before), &pod(after));
    }

    #[test]
    fn a_key_is_added_before_the_containers() {
        check_spec(
            "  restartPolicy: Never\n  containers:\n  - name: a\n",
            "  restartPolicy: Never\n  imagePullSecrets:\n  - name: new\n  containers:\n  - name: a\n",
        );
    }

    #[test]
    fn indentation_and_line_endings_are_those_around() {
        check(
            "apiVersion: v1\r\nkind: Pod\r\nspec:\r\n    containers:\r\n      - name: a\r\n",
            "apiVersion: v1\r\nkind: Pod\r\nspec:\r\n    imagePullSecrets:\r\n      - name: new\r\n    containers:\r\n      - name: a\r\n",
        );
    }

    #[test]
    fn a_comment_stays_with_its_key() {
        check_spec(
            "  # the one\n  containers: []\n  restartPolicy: Never\n",
            "  # the one\n  containers: []\n  imagePullSecrets:\n  - name: new\n  restartPolicy: Never\n",
        );
    }

    #[test]
    fn an_entry_is_added_below_the_last_one_in_its_style() {
        check_spec(
            "  imagePullSecrets:\n    -   name: \"old\" # why\n  # more\n  containers: []",
            "  imagePullSecrets:\n    -   name: \"old\" # why\n    -   name: \"new\"\n  # more\n  containers: []",
        );
        check_spec(
            "  imagePullSecrets:\n  - name: a\n  - name: b",
            "  imagePullSecrets:\n  - name: a\n  - name: b\n  - name: new",
        );
    }

    #[test]
    fn flow_lists_grow_in_their_style() {
        check_spec("  imagePullSecrets: []\n", "  imagePullSecrets: [{name: new}]\n");
        check_spec(
            "  imagePullSecrets: [ {name: a}, ] # c\n",
            "  imagePullSecrets: [ {name: a}, {name: new}, ] # c\n",
        );
        check_spec(
            "  imagePullSecrets: [\n    {name: 'a'}\n  ]\n",
            "  imagePullSecrets: [\n    {name: 'a'},\n    {name: 'new'}\n  ]\n",
        );
    }

    #[test]
    fn what_is_null_gets_a_value() {
        check_spec("  imagePullSecrets: ~ # c\n", "  imagePullSecrets: [{name: new}] # c\n");
        check_spec("  imagePullSecrets: null", "  imagePullSecrets: [{name: new}]");
        check_spec(
            "  imagePullSecrets: # c\n  containers: []\n",
            "  imagePullSecrets: # c\n  - name: new\n  containers: []\n",
        );
        check_spec("  imagePullSecrets:", "  imagePullSecrets:\n  - name: new");
    }

    #[test]
    fn json_stays_json() {
        check(
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"containers":[]}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"imagePullSecrets":[{"name":"new"}],"containers":[]}}"#,
        );
        check(
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"imagePullSecrets":[{"name":"a"}]}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"imagePullSecrets":[{"name":"a"},{"name":"new"}]}}"#,
        );
        check(
            r#"{"apiVersion":"v1","kind":"Pod","spec":{}}"#,
            r#"{"apiVersion":"v1","kind":"Pod","spec":{"imagePullSecrets": [{"name": "new"}]}}"#,
        );
    }

    #[test]
    fn pretty_json_stays_pretty() {
        check(
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"spec\": {\n    \"containers\": []\n  }\n}\n",
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"spec\": {\n    \"imagePullSecrets\": [\n      {\n        \"name\": \"new\"\n      }\n    ],\n    \"containers\": []\n  }\n}\n",
        );
    }

    #[test]
    fn flow_mappings_get_a_key_in_front() {
        check(
            "apiVersion: v1\nkind: Pod\nspec: { containers: [] }\n",
            "apiVersion: v1\nkind: Pod\nspec: { imagePullSecrets: [{name: new}], containers: [] }\n",
        );
        check(
            "{apiVersion: v1, kind: ServiceAccount}",
            "{imagePullSecrets: [{name: new}], apiVersion: v1, kind: ServiceAccount}",
        );
    }

    #[test]
    fn a_merge_key_stays_before_the_new_key() {
        let base = "x: &b {restartPolicy: Never}\n";
        check(
            &format!("{base}apiVersion: v1\nkind: Pod\nspec:\n  containers: []\n  <<: *b # c\n"),
            &format!(
                "{base}apiVersion: v1\nkind: Pod\nspec:\n  containers: []\n  <<: *b # c\n  imagePullSecrets:\n  - name: new\n"
            ),
        );
        check(
            &format!("{base}apiVersion: v1\nkind: Pod\nspec: {{<<: *b}}\n"),
            &format!(
                "{base}apiVersion: v1\nkind: Pod\nspec: {{<<: *b, imagePullSecrets: [{{name: new}}]}}\n"
            ),
        );
    }

    #[test]
    fn the_new_key_stands_in_the_column_of_a_merge_key_with_an_anchor() {
        check_spec(
            "  &a <<: &b {a: 1}\n",
            "  &a <<: &b {a: 1}\n  imagePullSecrets:\n  - name: new\n",
        );
        check(
            "apiVersion: v1\nkind: ServiceAccountList\nitems:\n- &a <<: {metadata: {}}\n",
            "apiVersion: v1\nkind: ServiceAccountList\nitems:\n- &a <<: {metadata: {}}\n  imagePullSecrets:\n  - name: new\n",
        );
    }

    #[test]
    fn a_merged_list_is_written_out_since_the_new_key_hides_it() {
        let base =
            "x: &b {imagePullSecrets: [{name: old}]}\napiVersion: v1\nkind: Pod\nspec:\n  <<: *b\n";
        check(
            &format!("{base}  containers: []\n"),
            &format!("{base}  imagePullSecrets:\n  - name: old\n  - name: new\n  containers: []\n"),
        );
    }

    #[test]
    fn an_alias_gives_way_to_what_it_stands_for() {
        check_spec(
            "  x: &l [{name: old}]\n  imagePullSecrets: *l\n",
            "  x: &l [{name: old}]\n  imagePullSecrets: [{name: old}, {name: new}]\n",
        );
    }

    #[test]
    fn the_only_key_beside_a_dash_moves_down() {
        check(
            "apiVersion: v1\nkind: ServiceAccountList\nitems:\n- metadata: {name: a}\n",
            "apiVersion: v1\nkind: ServiceAccountList\nitems:\n- imagePullSecrets:\n  - name: new\n  metadata: {name: a}\n",
        );
    }

    #[test]
    fn names_are_quoted_where_they_would_not_be_strings() {
        let refused = pod("  imagePullSecrets: [{name: \"1\"}, {name: a, x: 1}]\n");
        let after = pod("  imagePullSecrets: [{name: \"1\"}, {name: a, x: 1}, {name: new}]\n");
        check(&refused, &after);
        let restated = "x: &b {imagePullSecrets: [{name: '1e3'}]}\napiVersion: v1\nkind: Pod\nspec:\n  <<: *b\n  a: 1\n";
        assert!(written(restated).unwrap().contains("- name: \"1e3\"\n  - name: new\n"));
    }

    #[test]
    fn what_cannot_be_edited_safely_is_refused() {
        check_refused(&pod("  ? containers\n  : []\n"), "written with `?`");
        check_refused(&pod("  imagePullSecrets:\n  - ~\n  - ? name\n    :\n"), "written with `?`");
        check_refused(&pod("  imagePullSecrets: [a]\n"), "not all mappings");
        check_refused(&pod("  imagePullSecrets: regcred\n"), "not a list");
        check_refused(&pod("  imagePullSecrets: &n ~\n"), "anchor");
        check_refused(&pod("  imagePullSecrets: !!null\n  a: 1\n"), "tag");
        check_refused(&pod("  x: &l [{name: a, b: c}]\n  imagePullSecrets: *l\n"), "names only");
        check_refused(&pod("  <<: {imagePullSecrets: [{}]}\n  a: 1\n"), "names only");
    }
}
