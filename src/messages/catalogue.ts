/* Written by scripts/messages from dask_hpc/messages.json: change that. */
import type { TranslationBundle } from '@jupyterlab/translation';

/** The template of a message in the user's language, and the kind of each parameter. */
export interface ITemplate {
  text: (trans: TranslationBundle, count: number) => string;
  kinds: Readonly<Record<string, string>>;
  /** The parameter that decides between singular and plural. */
  by?: string;
}

export const CATALOGUE = {
  'text': {
    text: trans => trans.__("{text}"),
    kinds: { text: 'text' }
  },
  'request.too-large': {
    text: trans => trans.__("The request is larger than {maximum}."),
    kinds: { maximum: 'bytes' }
  },
  'request.not-json': {
    text: trans => trans.__("The request is not JSON: {detail}."),
    kinds: { detail: 'text' }
  },
  'request.not-object': {
    text: trans => trans.__("The request is no JSON object."),
    kinds: {}
  },
  'request.log-in-first': {
    text: trans => trans.__("Log in first."),
    kinds: {}
  },
  'request.status': {
    text: trans => trans.__("{status}"),
    kinds: { status: 'text' }
  },
  'server.internal-error': {
    text: trans => trans.__("The notebook server met an internal error; its log has the details."),
    kinds: {}
  },
  'field.unknown': {
    text: trans => trans.__("There is no such field."),
    kinds: {}
  },
  'field.not-object': {
    text: trans => trans.__("This has to be an object."),
    kinds: {}
  },
  'field.not-text': {
    text: trans => trans.__("This has to be text."),
    kinds: {}
  },
  'field.not-boolean': {
    text: trans => trans.__("Write true or false."),
    kinds: {}
  },
  'field.invalid': {
    text: trans => trans.__("{detail}"),
    kinds: { detail: 'text' }
  },
  'field.too-long': {
    text: trans => trans.__("At most {maximum} characters."),
    kinds: { maximum: 'number' }
  },
  'field.control-character': {
    text: trans => trans.__("No line breaks or control characters."),
    kinds: {}
  },
  'field.memory-unreadable': {
    text: trans => trans.__("Write 3G or 3072M."),
    kinds: {}
  },
  'field.size-too-small': {
    text: trans => trans.__("At least {minimum}."),
    kinds: { minimum: 'bytes' }
  },
  'field.size-too-large': {
    text: trans => trans.__("At most {maximum}."),
    kinds: { maximum: 'bytes' }
  },
  'field.time-unreadable': {
    text: trans => trans.__("Write 02:00:00, 2h or 1-00:00:00."),
    kinds: {}
  },
  'field.time-too-short': {
    text: trans => trans.__("At least {minimum}."),
    kinds: { minimum: 'time' }
  },
  'field.time-too-long': {
    text: trans => trans.__("At most {maximum}."),
    kinds: { maximum: 'time' }
  },
  'field.time-over-scheduler-time': {
    text: trans => trans.__("At most the scheduler time, {maximum}."),
    kinds: { maximum: 'time' }
  },
  'field.number-out-of-range': {
    text: trans => trans.__("A whole number from {minimum} to {maximum}."),
    kinds: { minimum: 'number', maximum: 'number' }
  },
  'field.number-too-small': {
    text: trans => trans.__("A whole number from {minimum} on."),
    kinds: { minimum: 'number' }
  },
  'name.characters': {
    text: trans => trans.__("Use letters, digits, - or _."),
    kinds: {}
  },
  'name.spaces': {
    text: trans => trans.__("No spaces: use letters, digits, - or _."),
    kinds: {}
  },
  'name.exists': {
    text: trans => trans.__("{name} exists already."),
    kinds: { name: 'text' }
  },
  'workers.one-change': {
    text: trans => trans.__("Pass exactly one of {fields}."),
    kinds: { fields: 'and' }
  },
  'dask-config.not-allowed': {
    text: trans => trans.__("This setting of Dask's is not passed on to a cluster."),
    kinds: {}
  },
  'dask-config.value': {
    text: trans => trans.__("Write text, a number, true, false, null, or a list of these."),
    kinds: {}
  },
  'field.name': {
    text: trans => trans.__("Name"),
    kinds: {}
  },
  'field.name.help': {
    text: trans => trans.__("What you call the cluster"),
    kinds: {}
  },
  'field.workspace': {
    text: trans => trans.__("Workspace"),
    kinds: {}
  },
  'field.workspace.help': {
    text: trans => trans.__("Folder that the jobs run in; their logs go to its log/"),
    kinds: {}
  },
  'field.worker-jobs': {
    text: trans => trans.__("Worker jobs"),
    kinds: {}
  },
  'field.worker-jobs.help': {
    text: trans => trans.__("How many workers, each one job"),
    kinds: {}
  },
  'field.worker-memory': {
    text: trans => trans.__("Worker memory"),
    kinds: {}
  },
  'field.worker-memory.help': {
    text: trans => trans.__("Memory of each worker's job; what runs beside the worker takes up to 128 MB of it"),
    kinds: {}
  },
  'field.worker-cpus': {
    text: trans => trans.__("Worker CPUs"),
    kinds: {}
  },
  'field.worker-cpus.help': {
    text: trans => trans.__("CPUs of each worker, and so its threads"),
    kinds: {}
  },
  'field.worker-time': {
    text: trans => trans.__("Worker time"),
    kinds: {}
  },
  'field.worker-time.help': {
    text: trans => trans.__("Time limit of each worker"),
    kinds: {}
  },
  'field.scheduler-memory': {
    text: trans => trans.__("Scheduler memory"),
    kinds: {}
  },
  'field.scheduler-memory.help': {
    text: trans => trans.__("Memory of the scheduler"),
    kinds: {}
  },
  'field.scheduler-time': {
    text: trans => trans.__("Scheduler time"),
    kinds: {}
  },
  'field.scheduler-time.help': {
    text: trans => trans.__("Time limit of the whole cluster"),
    kinds: {}
  },
  'field.idle-timeout': {
    text: trans => trans.__("Idle time-out"),
    kinds: {}
  },
  'field.idle-timeout.help': {
    text: trans => trans.__("The cluster ends after this long with nothing to compute"),
    kinds: {}
  },
  'field.wait-for-running': {
    text: trans => trans.__("Wait for running, %"),
    kinds: {}
  },
  'field.wait-for-running.help': {
    text: trans => trans.__("Share of the workers that have to run before a notebook gets its client"),
    kinds: {}
  },
  'field.python-environment': {
    text: trans => trans.__("Python environment"),
    kinds: {}
  },
  'field.python-environment.help': {
    text: trans => trans.__("Path of a venv or conda environment; empty for the notebook server's own"),
    kinds: {}
  },
  'environment.not-a-path': {
    text: trans => trans.__("Write the whole path of a venv or conda environment, from / on."),
    kinds: {}
  },
  'environment.no-python': {
    text: trans => trans.__("No Python in {environment}. Name the folder of a venv or conda environment."),
    kinds: { environment: 'text' }
  },
  'environment.unusable': {
    text: trans => trans.__("{environment} cannot be an environment: {detail}."),
    kinds: { environment: 'text', detail: 'text' }
  },
  'environment.python-not-executable': {
    text: trans => trans.__("Python in {environment} does not start: it cannot be executed."),
    kinds: { environment: 'text' }
  },
  'environment.python-not-started': {
    text: trans => trans.__("Python in {environment} does not start: {detail}."),
    kinds: { environment: 'text', detail: 'text' }
  },
  'environment.python-silent': {
    text: trans => trans.__("Python in {environment} did not answer within {timeout}."),
    kinds: { environment: 'text', timeout: 'duration' }
  },
  'environment.no-distributed': {
    text: trans => trans.__("No distributed in {environment}. Install it there, or choose another environment."),
    kinds: { environment: 'text' }
  },
  'environment.distributed-fails': {
    text: trans => trans.__("distributed does not load in {environment}: {detail}"),
    kinds: { environment: 'text', detail: 'text' }
  },
  'workspace.no-folder': {
    text: trans => trans.__("There is no folder {path}."),
    kinds: { path: 'text' }
  },
  'workspace.not-readable': {
    text: trans => trans.__("There is no folder {path}: {detail}."),
    kinds: { path: 'text', detail: 'text' }
  },
  'workspace.outside-root': {
    text: trans => trans.__("The workspace has to lie below the folder that JupyterLab shows."),
    kinds: {}
  },
  'workspace.control-character': {
    text: trans => trans.__("The folder's name holds a line break or a control character."),
    kinds: {}
  },
  'workspace.not-writable': {
    text: trans => trans.__("Cannot write to {folder}/: {detail}. Free some space there, or open another folder in the file browser first."),
    kinds: { folder: 'text', detail: 'text' }
  },
  'workspace.not-shared': {
    text: trans => trans.__("The nodes do not see {place}. Open a folder below {shared} in the file browser first."),
    kinds: { place: 'message', shared: 'or' }
  },
  'workspace.on-this-machine': {
    text: trans => trans.__("{place} is on this machine alone; the nodes do not see it. Open a folder that they share in the file browser, then launch."),
    kinds: { place: 'message' }
  },
  'workspace.in-memory': {
    text: trans => trans.__("{place} is on this machine alone ({kind}); the nodes do not see it. Open a folder that they share in the file browser, then launch."),
    kinds: { place: 'message', kind: 'text' }
  },
  'workspace.link-target': {
    text: trans => trans.__("{folder} (it leads to {target})"),
    kinds: { folder: 'text', target: 'text' }
  },
  'access.groups': {
    text: (trans, count) => trans._n("Profile {profile} is for the group {groups}.", "Profile {profile} is for the groups {groups}.", count),
    kinds: { profile: 'text', groups: 'or' },
    by: 'groups'
  },
  'access.named-users': {
    text: trans => trans.__("Profile {profile} is for users whom the site has named."),
    kinds: { profile: 'text' }
  },
  'access.ask': {
    text: trans => trans.__("{why} Ask: {ask}"),
    kinds: { why: 'message', ask: 'text' }
  },
  'batch.silent': {
    text: trans => trans.__("{batch} does not answer. Try again later."),
    kinds: { batch: 'text' }
  },
  'log.outside-folder': {
    text: trans => trans.__("The name of a log cannot point outside its folder."),
    kinds: {}
  },
  'log.unknown': {
    text: trans => trans.__("{cluster} has no log of the name {file}."),
    kinds: { cluster: 'text', file: 'text' }
  },
  'log.link': {
    text: trans => trans.__("{file} is a link, and links to logs are not followed."),
    kinds: { file: 'text' }
  },
  'log.not-regular': {
    text: trans => trans.__("{file} is no regular file."),
    kinds: { file: 'text' }
  },
  'log.not-there': {
    text: trans => trans.__("There is no {file} in {folder} yet."),
    kinds: { file: 'text', folder: 'text' }
  },
  'log.removed': {
    text: trans => trans.__("{file} was removed. What was read before is shown."),
    kinds: { file: 'text' }
  },
  'log.not-readable': {
    text: trans => trans.__("{path} cannot be read: {detail}."),
    kinds: { path: 'text', detail: 'text' }
  },
  'log.too-many-followed': {
    text: trans => trans.__("This log is not followed: at most {maximum} logs are followed in one browser tab. Close another one first."),
    kinds: { maximum: 'number' }
  },
  'log.length': {
    text: trans => trans.__("A length goes from 0 to {maximum} bytes."),
    kinds: { maximum: 'number' }
  },
  'log.offset': {
    text: trans => trans.__("This has to be a whole number of bytes."),
    kinds: {}
  },
  'log.offset-too-large': {
    text: trans => trans.__("This is larger than any file."),
    kinds: {}
  },
  'log.level': {
    text: trans => trans.__("A level is error or warning."),
    kinds: {}
  }
} as const satisfies Record<string, ITemplate>;
