//! Whether the program was started without a standard output (`>&-`).
//!
//! Rust opens `/dev/null` in place of a standard stream that is closed when the program starts
//! (`sanitize_standard_fds` in `library/std/src/sys/pal/unix/mod.rs`), and manifests would be lost there without an
//! error. It opens it for reading and writing; the `>/dev/null` of a shell, of Go and of systemd is open for writing
//! only.

/// Whether standard output is closed, as far as can be told. Where all three streams are the null device, nobody wants
/// to hear or is told anything, and nothing is lost.
pub(super) fn is_output() -> bool {
    #[cfg(unix)]
    return unix::looks_closed();
    #[cfg(not(unix))]
    return false;
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

    use rustix::fs::{OFlags, fcntl_getfl};

    pub(super) fn looks_closed() -> bool {
        let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
        let modes = fcntl_getfl(output.as_fd()).unwrap_or(OFlags::WRONLY) & OFlags::RWMODE;
        let others = [input.as_fd(), error.as_fd()];
        modes == OFlags::RDWR && is_null(output.as_fd()) && !others.into_iter().all(is_null)
    }

    fn is_null(stream: BorrowedFd<'_>) -> bool {
        let null = fs::metadata("/dev/null").map(|null| null.rdev());
        let open = stream.try_clone_to_owned().and_then(|stream| File::from(stream).metadata());
        open.is_ok_and(|open| {
            open.file_type().is_char_device() && null.is_ok_and(|null| null == open.rdev())
        })
    }
}
