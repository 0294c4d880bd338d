/** Save a whole log on the user's computer, piece by piece. */
import type { IClusterModel } from '../../tokens';

/** Bytes of one request. */
const CHUNK_BYTES = 4 * 1024 ** 2;

/**
 * Read all of a log and hand it to the browser.
 *
 * @param onProgress called with the bytes read and the file's size.
 */
export async function download(
  model: IClusterModel,
  id: string,
  file: string,
  onProgress: (done: number, size: number) => void
): Promise<void> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  let end = Infinity;
  while (done < end) {
    const { bytes, size } = await model.readLog(id, file, done, CHUNK_BYTES);
    // A log that grows all the while is taken as it was at first.
    end = Math.min(end, size);
    if (bytes.length === 0) {
      break;
    }
    pieces.push(bytes);
    done += bytes.length;
    onProgress(Math.min(done, end), end);
  }
  const url = URL.createObjectURL(
    new Blob(pieces, { type: 'application/octet-stream' })
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
