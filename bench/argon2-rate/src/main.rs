//! The machine's raw argon2id rate: how many hashes with the default parameters one second of CPU gives,
//! with nothing around them. Sign-in is compared with this. Linux only: it reads its own CPU time from `/proc`.

use std::error::Error;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

/// What `Settings::new` sets unless configured otherwise.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const MEASURED: Duration = Duration::from_secs(4);

fn main() -> Result<(), Box<dyn Error>> {
    let threads = thread::available_parallelism()?.get();
    let workers: Vec<_> = (0..threads).map(|_| thread::spawn(hash_until_done)).collect();
    let mut hashes = 0;
    for worker in workers {
        hashes += worker.join().map_err(|_| "a worker panicked")?.map_err(|fault| fault.to_string())?;
    }
    let seconds = cpu_seconds()?;
    let rate = f64::from(hashes) / seconds;
    writeln!(
        std::io::stdout(),
        "{{\"threads\":{threads},\"hashes\":{hashes},\"cpu_seconds\":{seconds:.2},\"per_cpu_second\":{rate:.3}}}"
    )?;
    Ok(())
}

/// Hashes in one piece of memory again and again, so that the rate is the function's and not the allocator's.
fn hash_until_done() -> Result<u32, argon2::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32))?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (mut out, mut hashes, start) = ([0; 32], 0, Instant::now());
    while start.elapsed() < MEASURED {
        argon2.hash_password_into_with_memory(
            b"a password of some length",
            b"0123456789abcdef",
            &mut out,
            &mut memory,
        )?;
        hashes += 1;
    }
    Ok(hashes)
}

/// User and system time of this process so far, in seconds.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    // The fields after the command's name, which may hold blanks: state is the first of them, utime the 12th.
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 =
        fields.get(11).ok_or("no utime")?.parse::<f64>()? + fields.get(12).ok_or("no stime")?.parse::<f64>()?;
    // USER_HZ is 100 on every Linux that Rust builds for.
    Ok(ticks / 100.0)
}
