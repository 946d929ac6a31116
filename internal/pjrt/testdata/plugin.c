// A PJRT plugin over host memory, for the tests: it keeps to the C API's calls, ownership and
// events as this package uses them, and knows two programs: "add", whose two outputs are the sum
// of its two float32 inputs, aliased to the first, and the second input; and any module, of which it
// knows main's types alone: an output that an input gave its memory to is that input, moved a little
// where it has dimensions, the others are 0. Compiling "too large" and running "fails" give errors.
// Copies and runs finish on another thread, a little later.
//
// A fault is "CALL COUNT WHAT", in PJRT_FAULT or by fault(): CALL is create, compile, put, fetch,
// execute or destroy (of the client), COUNT the call that fails, from 1. WHAT is the code of the error
// that the call returns; or hang: it never returns; lost: what it began fails later; never: what it began
// never ends. All calls behind one that is lost fail with it. With PJRT_SHARED a client that would take all memory at
// once gets none. PJRT_NEEDS names a variable of the environment without which there is no client, PJRT_WANTS an option
// without which nothing is compiled, PJRT_RESTIVE one with which a program gives other bits each time.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef uintptr_t word;
typedef struct { int code; char text[80]; } Error;
typedef struct { pthread_mutex_t lock; pthread_cond_t changed; int done, holders, code; } Event;
typedef struct { Event *ready; size_t bytes; char *data; bool used; int readers; } Buffer;
typedef struct { size_t bytes; int from; bool moves; } Output;
typedef struct { bool fails, restive; int ins, outs; Output out[400]; } Program;

static long live;
static void count(long n) { __sync_fetch_and_add(&live, n); }
long alive(void) { return live; }

static Error *failed(int code, const char *text) {
  Error *e = calloc(1, sizeof *e);
  e->code = code;
  strncpy(e->text, text, sizeof e->text - 1);
  count(1);
  return e;
}

enum { LOST = -1, NEVER = -2 };
static struct { char call[16], what[16]; int at, code; } bad;
static bool dead;

void fault(const char *text) {
  memset(&bad, 0, sizeof bad), dead = false;
  sscanf(text, "%15s %d %15s", bad.call, &bad.at, bad.what);
  bad.code = strcmp(bad.what, "lost") == 0 ? LOST : strcmp(bad.what, "never") == 0 ? NEVER : atoi(bad.what);
}

// fate is what becomes of a call: 0, the code of an error, LOST or NEVER; or it hangs.
static int fate(const char *call) {
  if (dead) return 13;
  if (strcmp(call, bad.call) || __sync_sub_and_fetch(&bad.at, 1) != 0) return 0;
  while (strcmp(bad.what, "hang") == 0) pause();
  dead = bad.code == LOST;
  return bad.code;
}

static void release(Event *e) {
  pthread_mutex_lock(&e->lock);
  int left = --e->holders;
  pthread_mutex_unlock(&e->lock);
  if (left == 0) free(e), count(-1);
}

static Event *event(int holders) {
  Event *e = calloc(1, sizeof *e);
  pthread_mutex_init(&e->lock, 0), pthread_cond_init(&e->changed, 0);
  e->holders = holders, count(1);
  return e;
}

static int await(Event *e) {
  pthread_mutex_lock(&e->lock);
  while (!e->done) pthread_cond_wait(&e->changed, &e->lock);
  pthread_mutex_unlock(&e->lock);
  return e->code;
}

static void finish(Event *e, int code) {
  while (code == NEVER) pause();
  pthread_mutex_lock(&e->lock);
  e->done = 1, e->code = code == LOST ? 13 : code;
  pthread_cond_broadcast(&e->changed);
  pthread_mutex_unlock(&e->lock);
  release(e);
}

// A copy waits for what it reads, then reads it, then says so.
typedef struct { char *to; const char *from; size_t bytes; Event *after, *first, *second; int code; } Copy;
static void *copy(void *p) {
  Copy *c = p;
  int before = c->after ? await(c->after) : 0;
  if (c->after) release(c->after);
  if (before && !c->code) c->code = before;
  usleep(200);
  if (!c->code) memcpy(c->to, c->from, c->bytes);
  finish(c->first, c->code);
  if (c->second) finish(c->second, c->code);
  free(c);
  return 0;
}
static void later(void *(*f)(void *), void *p) {
  pthread_t t;
  pthread_create(&t, 0, f, p);
  pthread_detach(t);
}

static Error *errorDestroy(word *a) { free((void *)a[2]); count(-1); return 0; }
static Error *errorMessage(word *a) { Error *e = (void *)a[2]; a[3] = (word)e->text, a[4] = strlen(e->text); return 0; }
static Error *errorCode(word *a) { a[3] = ((Error *)a[2])->code; return 0; }
static Error *nothing(word *a) { return 0; }
static Error *eventDestroy(word *a) { release((Event *)a[2]); return 0; }
static Error *eventReady(word *a) { a[3] = ((Event *)a[2])->done; return 0; }
static Error *said(int code) { return failed(code, code == 3 ? "No such compile option: 'x'" : code == 8 ? "Out of memory while trying to allocate 12.00GiB." : "the device was lost"); }
static Error *eventAwait(word *a) { int code = await((Event *)a[2]); return code ? said(code) : 0; }
static Error *create(word *a) {
  int code = fate("create");
  if (code) return said(code);
  const char *needs = getenv("PJRT_NEEDS");
  if (needs && !getenv(needs)) return failed(9, "a variable is missing");
  word *option = (void *)a[2];
  bool takes = true; // all of the memory at once
  for (word i = 0; i < a[3]; i++, option += 7)
    if (option[0] != 56 || strlen((char *)option[2]) != option[3] || (option[4] == 0 && strlen((char *)option[5]) != option[6]))
      return failed(3, "an option that is not well formed");
    else if (strcmp((char *)option[2], "preallocate") == 0 && option[4] == 4 && (option[5] & 255) == 0) takes = false;
  if (takes && getenv("PJRT_SHARED")) return failed(8, "another process wants its share");
  a[8] = (word)malloc(8), count(1);
  return 0;
}
static Error *freed(word *a) { free((void *)a[2]); count(-1); return 0; }
static Error *destroy(word *a) { fate("destroy"); return freed(a); }
static Error *name(word *a) { a[3] = (word)"host!", a[4] = 4; return 0; }
static word device = 7, *devices[] = {&device};
static Error *list(word *a) { a[3] = (word)devices, a[4] = 1; return 0; }
static Error *description(word *a) { a[3] = a[2]; return 0; }
static Error *memory(word *a) { a[3] = 1000, a[10] = 5000, a[11] = 1; return 0; }
// type reads "tensor<2x3xf32>" and moves p behind it.
static size_t type(const char **p, bool *scalar) {
  size_t bytes = 1, n;
  int read;
  *scalar = true, *p = strchr(*p, '<') + 1;
  for (; sscanf(*p, "%zux%n", &n, &read) == 1; *p += read) bytes *= n, *scalar = false;
  bytes *= strncmp(*p, "i1>", 3) == 0 ? 1 : strncmp(*p, "ui64", 4) == 0 ? 8 : 4;
  *p = strchr(*p, '>') + 1;
  return bytes;
}
static void signature(Program *p, const char *code) {
  bool scalar;
  for (int k = 0; k < 400; k++) p->out[k].from = -1;
  for (code = strstr(code, "@main(") + 6; *code == '%' || *code == ','; p->ins++) {
    type(&code, &scalar);
    int k;
    if (sscanf(code, " {tf.aliasing_output = %d", &k) == 1) p->out[k].from = p->ins, code = strchr(code, '}') + 1;
  }
  for (code = strstr(code, "-> ") + 3; *code != ' ' || code[1] == 't'; code++) {
    p->out[p->outs].bytes = type(&code, &scalar), p->out[p->outs++].moves = !scalar;
    if (*code != ',') break;
  }
}
static Error *compile(word *a) {
  word *program = (void *)a[3];
  char *code = (void *)program[2];
  int bad = fate("compile");
  if (bad) return said(bad);
  if (program[3] == 9 && memcmp(code, "too large", 9) == 0) return failed(8, "out of memory: 12 GiB asked, 3 GiB free");
  const char *wants = getenv("PJRT_WANTS");
  if (wants && !memmem((void *)a[4], a[5], wants, strlen(wants))) return failed(9, "an option is missing");
  if (program[5] != 4 || memcmp((void *)program[4], "mlir", 4)) return failed(3, "not mlir");
  Program *p = calloc(1, sizeof *p);
  p->restive = getenv("PJRT_RESTIVE") && memmem((void *)a[4], a[5], getenv("PJRT_RESTIVE"), strlen(getenv("PJRT_RESTIVE")));
  p->fails = program[3] == 5 && memcmp(code, "fails", 5) == 0;
  if (program[3] > 6 && memcmp(code, "module", 6) == 0) {
    char *text = strndup(code, program[3]);
    signature(p, text), free(text);
  }
  a[6] = (word)p, count(1);
  return 0;
}
static Error *inner(word *a) { a[3] = (word)calloc(1, sizeof(Program)), *(Program *)a[3] = *(Program *)a[2], count(1); return 0; }
static Error *outputs(word *a) { int n = ((Program *)a[2])->outs; a[3] = n ? n : 2; return 0; }
static Buffer *buffer(size_t bytes) {
  Buffer *b = calloc(1, sizeof *b);
  b->data = malloc(bytes + 1), b->bytes = bytes, b->ready = event(2), b->readers = 1, count(1);
  return b;
}
static void hold(Event *e) {
  pthread_mutex_lock(&e->lock);
  e->holders++;
  pthread_mutex_unlock(&e->lock);
}
static Error *put(word *a) {
  int code = fate("put");
  if (code > 0) return said(code);
  size_t bytes = a[4] == 11 || a[4] == 4 ? 4 : a[4] == 9 ? 8 : 1;
  for (word i = 0; i < a[6]; i++) bytes *= ((int64_t *)a[5])[i];
  Buffer *b = buffer(bytes);
  Copy *c = calloc(1, sizeof *c);
  Event *done = event(2);
  *c = (Copy){b->data, (char *)a[3], bytes, 0, b->ready, done, code};
  if (a[9] == 0 && code != NEVER) copy(c); else later(copy, c);
  a[13] = (word)done, a[14] = (word)b;
  return 0;
}
static Error *fetch(word *a) {
  Buffer *b = (void *)a[2];
  if (b->used) return failed(3, "the buffer was donated");
  if (a[5] < b->bytes) return failed(3, "dst is too short");
  int code = fate("fetch");
  if (code > 0) return said(code);
  Event *done = event(2);
  Copy *c = calloc(1, sizeof *c);
  hold(b->ready);
  *c = (Copy){(char *)a[4], b->data, b->bytes, b->ready, done, 0, code};
  later(copy, c);
  a[6] = (word)done;
  return 0;
}
static Error *bufferReady(word *a) { Buffer *b = (void *)a[2]; hold(b->ready); a[3] = (word)b->ready; return 0; }
// A buffer lives until its owner and the runs that read it have dropped it, and its values are there. Nobody waits for that.
static void *bury(void *p) {
  Buffer *b = p;
  await(b->ready), release(b->ready);
  if (!b->used) free(b->data);
  free(b), count(-1);
  return 0;
}
static void drop(Buffer *b) {
  if (__sync_sub_and_fetch(&b->readers, 1) == 0) later(bury, b);
}
static Error *bufferDestroy(word *a) { drop((Buffer *)a[2]); return 0; }
typedef struct { Program *p; int ins, outs, code; Event *after[400]; Buffer *in[400], *out[400]; } Run;
// compute does what a program does, once its inputs are there.
static void compute(Run *r) {
  if (r->p->outs == 0) {
    float *x = (float *)r->out[0]->data, *y = (float *)r->in[1]->data, *same = (float *)r->out[1]->data;
    for (size_t i = 0; i < r->out[0]->bytes / 4; i++) same[i] = y[i], x[i] += y[i];
    return;
  }
  static int runs;
  if (r->p->restive) ((float *)r->out[0]->data)[0] += 1e-3f * __sync_add_and_fetch(&runs, 1);
  for (int k = 0; k < r->outs; k++)
    for (size_t i = 0; r->p->out[k].from >= 0 && r->p->out[k].moves && i < r->out[k]->bytes / 4; i++) ((float *)r->out[k]->data)[i] += 1e-3f;
}
static void *run(void *q) {
  Run *r = q;
  for (int i = 0; i < r->ins; i++) {
    int code = await(r->after[i]);
    if (code && !r->code) r->code = code;
  }
  usleep(200);
  if (!r->code) compute(r);
  for (int i = 0; i < r->ins; i++) {
    release(r->after[i]);
    if (r->in[i]) drop(r->in[i]);
  }
  for (int k = 0; k < r->outs; k++) finish(r->out[k]->ready, r->code);
  free(r->p), free(r);
  return 0;
}
static Error *execute(word *a) {
  Program *p = (void *)a[2];
  word *options = (void *)a[3], **ins = (void *)a[4], **outs = (void *)a[7];
  int code = fate("execute"), n = p->outs ? p->ins : 2;
  if (code > 0) return said(code);
  if (p->fails) return failed(13, "it fails");
  if (options[0] < 14 * 8 || a[5] != 1 || a[6] != n) return failed(3, "want as many arguments as main has, on one device");
  for (int i = 0; i < n; i++)
    if (((Buffer *)ins[0][i])->used) return failed(3, "a donated argument");
  Run *r = calloc(1, sizeof *r);
  r->p = malloc(sizeof *p), *r->p = *p, r->ins = n, r->outs = p->outs ? p->outs : 2, r->code = code;
  for (int i = 0; i < n; i++) r->in[i] = (void *)ins[0][i], r->after[i] = r->in[i]->ready, hold(r->after[i]);
  for (int k = 0; k < r->outs; k++) {
    int from = p->outs ? p->out[k].from : k == 0 ? 0 : -1;
    r->out[k] = buffer(p->outs ? p->out[k].bytes : r->in[1]->bytes);
    memset(r->out[k]->data, 0, r->out[k]->bytes);
    outs[0][k] = (word)r->out[k];
    if (from < 0) continue;
    free(r->out[k]->data), r->out[k]->data = r->in[from]->data, r->in[from]->used = true, r->in[from] = 0;
  }
  for (int i = 0; i < n; i++)
    if (r->in[i]) __sync_add_and_fetch(&r->in[i]->readers, 1);
  later(run, r);
  return 0;
}

typedef Error *(*Function)(word *);
static struct { word size, extension, versionSize, versionExtension; int major, minor; Function f[112]; } api;

void *GetPjrtApi(void) {
  Function *f = api.f;
  api.size = sizeof api, api.minor = 83;
  if (getenv("PJRT_FAULT")) fault(getenv("PJRT_FAULT"));
  f[0] = errorDestroy, f[1] = errorMessage, f[2] = errorCode, f[3] = nothing, f[5] = eventDestroy, f[6] = eventReady;
  f[8] = eventAwait, f[10] = create, f[11] = destroy, f[12] = name, f[14] = name, f[16] = list, f[20] = compile, f[22] = put;
  f[26] = name, f[29] = description, f[34] = memory, f[40] = freed, f[44] = outputs, f[50] = freed, f[51] = inner;
  f[55] = execute, f[58] = bufferDestroy, f[70] = fetch, f[72] = bufferReady;
  return &api;
}
