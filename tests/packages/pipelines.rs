//! What pipelines take from the repository: the action for GitHub, the component for GitLab, the hooks for pre-commit.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::archives::{PROGRAM, release};
use crate::support::{PULLCREDS, Run, tool};
use crate::{REPOSITORY, VERSION, root, script, text};

/// Serves the files of a folder, by their names only, and returns the address.
fn serve(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = answer(stream.expect("a connection"), &folder);
        }
    });
    address
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    let name = request.split(' ').nth(1).and_then(|path| path.rsplit('/').next());
    let (status, body) = match fs::read(folder.join(name.unwrap_or_default())) {
        Ok(bytes) => ("200 OK", bytes),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(&body)
}

/// A job of GitHub in a folder of its own.
struct Job {
    folder: TempDir,
}

impl Job {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        fs::create_dir(folder.path().join("manifests")).expect("it is new");
        fs::copy(root("examples/check/shop.yaml"), folder.path().join("manifests/shop.yaml"))
            .expect("the example is there");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn step(&self, name: &str) -> Run {
        let run = script("packaging/action.sh").arg(name).in_folder(self.folder.path());
        let run = run.env("ACTION_PATH", root("")).env("ACTION_REPOSITORY", "acme/pullcreds");
        let run = run.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        let run = run.env("RUNNER_TEMP", self.folder.path());
        let files = ["GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"];
        files.into_iter().fold(run, |run, name| run.env(name, self.path(name)))
    }
}

#[test]
fn the_action_installs_the_archive_of_its_runner() {
    let release = release();
    let server = serve(release.path());
    let install = |job: &Job| job.step("install").env("GITHUB_SERVER_URL", &server);
    let job = Job::new();
    install(&job).run().expect(0);
    let folder = text(job.path("GITHUB_PATH"));
    assert_eq!(text(Path::new(folder.trim()).join("pullcreds")), PROGRAM);

    let outcome = install(&Job::new()).env("INPUT_VERSION", "v99.0.0").run().expect(2);
    assert!(outcome.out().contains("::error title=pullcreds::"), "{outcome}");
    let outcome = install(&Job::new()).env("RUNNER_ARCH", "RISCV64").run().expect(2);
    assert!(outcome.out().contains("version: source"), "{outcome}");

    // Another archive than the one of the sums.
    let name = format!("pullcreds-{VERSION}-x86_64-unknown-linux-musl.tar.gz");
    fs::write(release.path().join(name), "another").expect("it is there");
    let job = Job::new();
    assert_ne!(install(&job).run().code, Some(0));
    assert!(!job.path("GITHUB_PATH").exists());
}

#[test]
fn the_action_annotates_writes_sarif_and_adds_a_summary() {
    let job = Job::new();
    let check = |format: &str, paths: &str| {
        let run = job.step("check").env("INPUT_FORMAT", format).env("INPUT_PATHS", paths);
        run.env("INPUT_SUMMARY", "true").env("INPUT_SARIF_FILE", "found.sarif")
    };
    let outcome = check("github, sarif", "manifests/\n").run().expect(1);
    assert!(outcome.out().contains("::error file=manifests/shop.yaml,line=20"), "{outcome}");
    let sarif: Value = serde_json::from_str(&text(job.path("found.sarif"))).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "missing-pull-secret");
    assert_eq!(text(job.path("GITHUB_OUTPUT")), "sarif=found.sarif\n");
    assert!(text(job.path("GITHUB_STEP_SUMMARY")).contains("### pullcreds failed"));

    let passing =
        check("github", "manifests").env("INPUT_ARGS", "--inject\n*=regcred\n--into=auto\n");
    passing.run().expect(0);
    // Inputs are words, and not commands.
    check("github", "manifests\n$(touch run); touch run\n").run().expect(3);
    assert!(!job.path("run").exists());
    check("xml", "manifests").run().expect(2);
}

#[test]
fn the_action_hands_its_inputs_to_the_script() {
    let action: Value = serde_saphyr::from_str(&text(root("action.yml"))).expect("it is YAML");
    let script = text(root("packaging/action.sh"));
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let mut handed = Vec::new();
    for step in steps {
        let run = step["run"].as_str().expect("a command");
        assert!(run.starts_with("bash \"$ACTION_PATH/packaging/action.sh\" "), "{run}");
        for (name, value) in step["env"].as_object().expect("variables") {
            assert!(script.contains(name.as_str()), "{name}");
            handed.push(value.as_str().expect("a text").to_owned());
        }
    }
    for input in action["inputs"].as_object().expect("inputs").keys() {
        assert!(handed.contains(&format!("${{{{ inputs.{input} }}}}")), "{input}");
    }
}

#[test]
fn the_component_installs_and_checks() {
    let release = release();
    let text = text(root("templates/pullcreds.yml"));
    let (spec, job) = text.split_once("\n---\n").expect("inputs and a job");
    let spec: Value = serde_saphyr::from_str(spec).expect("it is YAML");
    let inputs = spec["spec"]["inputs"].as_object().expect("inputs");
    assert_eq!(inputs["version"]["default"], VERSION);
    assert_eq!(inputs["url"]["default"], format!("{REPOSITORY}/releases/download"));

    let server = serve(release.path());
    let job = inputs.iter().fold(job.to_owned(), |job, (name, input)| {
        let default = input["default"].as_str().expect("every input has a default");
        let value = match &**name {
            "url" => &server,
            "paths" => "manifests/",
            _ => default,
        };
        job.replace(&format!("$[[ inputs.{name} ]]"), value)
    });
    assert!(!job.contains("$[["), "{job}");
    let job: Value = serde_saphyr::from_str(&job).expect("it is YAML");
    let lines = job["pullcreds"]["script"].as_array().expect("a script");
    let commands: Vec<_> = lines.iter().map(|line| line.as_str().expect("a command")).collect();
    let project = Job::new();
    let bin = project.path("bin");
    fs::create_dir(&bin).expect("it is new");
    // What the archive has starts this.
    std::os::unix::fs::symlink(PULLCREDS, bin.join("pullcreds-of-the-test")).expect("it is new");
    let run = Run::new("sh").args(["-euc", &commands.join("\n")]).path_first(&bin);
    let outcome =
        run.env("CI_PROJECT_DIR", project.folder.path()).in_folder(project.folder.path()).run();
    let outcome = outcome.expect(1);
    assert!(
        outcome.out().contains("manifests/shop.yaml:20:16: error[missing-pull-secret]"),
        "{outcome}"
    );
    for report in ["gl-code-quality-report.json", "pullcreds.xml"] {
        assert!(project.path(report).exists(), "{report}");
    }
}

#[test]
fn pre_commit_runs_the_hook() {
    let job = Job::new();
    let in_job = |run: Run| {
        let run = run.in_folder(job.folder.path()).env("HOME", job.path("home"));
        let run = run.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "safe.directory");
        run.env("GIT_CONFIG_VALUE_0", "*")
            .path_first(Path::new(PULLCREDS).parent().expect("a folder"))
    };
    let pre_commit = || in_job(Run::new(tool("PULLCREDS_PRE_COMMIT")));
    let git = |args: &[&str]| in_job(Run::new("git").args(args)).run().expect(0);
    pre_commit().arg("validate-manifest").arg(root(".pre-commit-hooks.yaml")).run().expect(0);
    git(&["init", "--quiet"]);
    git(&["add", "manifests"]);
    let hook = || {
        let run = pre_commit().arg("try-repo").arg(root("")).arg("pullcreds-system");
        run.args(["--all-files", "--verbose"]).run()
    };
    let outcome = hook().expect(1);
    assert!(outcome.out().contains("manifests/shop.yaml:20:16"), "{outcome}");
    let inject = in_job(Run::new(PULLCREDS).args(["inject", "--write", "manifests"]));
    inject.args(["--inject", "myregistry.azurecr.io=regcred"]).run().expect(0);
    git(&["add", "manifests"]);
    let outcome = hook().expect(0);
    assert!(outcome.out().contains("Passed"), "{outcome}");
}

#[test]
fn every_hook_is_a_command_of_the_program() {
    let hooks: Value =
        serde_saphyr::from_str(&text(root(".pre-commit-hooks.yaml"))).expect("it is YAML");
    for hook in hooks.as_array().expect("hooks") {
        let entry = hook["entry"].as_str().expect("a command").strip_prefix("pullcreds ");
        let args = hook["args"].as_array().expect("arguments").iter().filter_map(Value::as_str);
        let words: Vec<_> =
            entry.expect("it is ours").split(' ').chain(args).chain(["--help"]).collect();
        Run::new(PULLCREDS).args(words).run().expect(0);
    }
}
