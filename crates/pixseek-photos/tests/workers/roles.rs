//! The roles that this program plays in the processes that its tests start.

use crate::{LIMITS, arguments_of, decode};
use pixseek_photos::{
    Budget, Decoders, Failure, FailureKind, Photo, PhotoFile, Workers, serve_with,
};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Runs as a worker.
pub fn work(role: &str) -> ExitCode {
    let mut output = std::io::stdout();
    let words: &[u8] = match role {
        "garbage" => b"\x07\0\0\0garbage",
        "giant" => b"\xff\xff\xff\xff and more",
        "nothing" => return ExitCode::SUCCESS,
        "sound" => {
            return match serve_with(|file, _, _| file.decode()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            };
        }
        _ => {
            let _ = serve_with(misbehave);
            return ExitCode::SUCCESS;
        }
    };
    let _ = output.write_all(words).and_then(|()| output.flush());
    // A worker that waits is not distinguished by its end.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    ExitCode::SUCCESS
}

/// Decodes a file in a worker.
pub fn be_parent(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let mark = arguments.next().unwrap();
    let program = std::env::current_exe().unwrap();
    let decoders = Decoders {
        limits: LIMITS,
        budget: Budget::default(),
        workers: Some(Workers::for_all_formats(
            program,
            arguments_of("misbehaves", &mark),
        )),
    };
    let path = arguments.next().unwrap();
    match decode(Path::new(&path), &decoders) {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Does what the end of the file says, and decodes it if it says nothing.
fn misbehave(file: &PhotoFile, _frame: usize, side: u32) -> Result<Photo, Failure> {
    let ends = |word: &str| file.bytes().ends_with(word.as_bytes());
    let told = |what: &str, result: std::io::Result<()>| {
        let reason = match result {
            Ok(()) => format!("{what} worked"),
            Err(error) => format!("{what}: {:?}", error.kind()),
        };
        Err(Failure::new(FailureKind::Corrupt, reason))
    };
    if ends("abort") {
        std::process::abort();
    } else if ends("overflow") {
        overflow(0);
    } else if ends("exit") {
        std::process::exit(0);
    } else if ends("allocate") {
        std::hint::black_box(vec![1_u8; 100 << 30]);
    } else if ends("leak") {
        std::mem::forget(std::hint::black_box(vec![1_u8; 300 << 20]));
    } else if ends("hang") {
        loop {
            std::thread::sleep(Duration::from_millis(100));
        }
    } else if ends("spin") {
        loop {
            std::hint::spin_loop();
        }
    } else if ends("panic") {
        panic!("of a test");
    } else if ends("print") {
        println!("\0\0\0\0{}", "many words ".repeat(100_000));
    } else if ends("open") {
        return told("open", std::fs::File::open("/etc/passwd").map(drop));
    } else if ends("create") {
        return told(
            "create",
            std::fs::File::create("/tmp/of-a-worker").map(drop),
        );
    } else if ends("connect") {
        return told("connect", TcpStream::connect("127.0.0.1:9").map(drop));
    } else if ends("start") {
        return told(
            "start",
            std::process::Command::new("/bin/true").status().map(drop),
        );
    } else if ends("thread") {
        return told("thread", std::thread::Builder::new().spawn(|| ()).map(drop));
    }
    file.decode_at_least(side)
}

#[expect(unconditional_recursion, reason = "it is to overflow the stack")]
fn overflow(depth: u64) -> u64 {
    std::hint::black_box([depth; 1000])[0] + overflow(depth + 1)
}
