//! The program: hands its arguments to the library and exits with its code.

fn main() -> std::process::ExitCode {
    storj_monitor::cli::run()
}
