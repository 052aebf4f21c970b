//! Accesses files by their paths, on systems where folders have no handles.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use super::{Place, Refused, Written};

pub(super) fn exchange(
    place: &Place,
    content: &str,
    before: Option<&str>,
) -> Result<Written, Refused> {
    let path = place.folder.join(&place.name);
    let mut file = NamedTempFile::new_in(&place.folder)?;
    file.write_all(content.as_bytes())?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    if before.is_some_and(|before| fs::read(&path).is_ok_and(|now| now != before.as_bytes())) {
        return Err(Refused::Changed);
    }
    file.persist(&path).map_err(|failed| failed.error)?;
    Ok(Written { other_names: 0 })
}

pub(super) fn create(place: &Place, content: &str) -> Result<(), Refused> {
    let mut file = NamedTempFile::new_in(&place.folder)?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(place.folder.join(&place.name)).map_err(|failed| failed.error)?;
    Ok(())
}

pub(super) fn sweep(_: &Path) {}

pub(super) fn settle(_: &Path) {}
