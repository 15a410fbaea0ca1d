//! Reading into a buffer of the thread, so that an idle connection owns none, and writing what is left to write.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::codec::Decoder;

const READ_BYTES: usize = 64 * 1024;

thread_local! {
    static READ_BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Reads once into the decoder; the number of bytes, 0 at the end of the stream.
pub(super) fn poll_feed<S: AsyncRead + Unpin>(
    stream: &mut S,
    decoder: &mut Decoder,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let mut buffer = READ_BUFFER.take();
    buffer.resize(READ_BYTES, 0);
    let mut read = ReadBuf::new(&mut buffer);
    let polled = Pin::new(stream).poll_read(cx, &mut read);
    let polled = polled.map_ok(|()| {
        decoder.feed(read.filled());
        read.filled().len()
    });
    READ_BUFFER.set(buffer);
    polled
}

/// Writes all of `out` and flushes; ready when nothing is left. `progress` says whether bytes moved.
pub(super) fn poll_drain<S: AsyncWrite + Unpin>(
    stream: &mut S,
    out: &mut BytesMut,
    unflushed: &mut bool,
    progress: &mut bool,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    while !out.is_empty() {
        match Pin::new(&mut *stream).poll_write(cx, out) {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(written)) => {
                out.advance(written);
                *unflushed = true;
                *progress = true;
            }
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        }
    }
    if out.capacity() > 0 {
        *out = BytesMut::new();
    }
    if *unflushed {
        match Pin::new(stream).poll_flush(cx) {
            Poll::Ready(Ok(())) => *unflushed = false,
            other => return other,
        }
    }
    Poll::Ready(Ok(()))
}
