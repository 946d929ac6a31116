// A PJRT plugin over host memory, for the tests: it keeps to the C API's calls, ownership and
// events as this package uses them, and knows one program: "add", whose two outputs are the sum
// of its two float32 inputs, aliased to the first, and the second input. Compiling "too large" and
// running "fails" give errors. Copies and runs finish on another thread, a little later.
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef uintptr_t word;
typedef struct { int code; char text[80]; } Error;
typedef struct { pthread_mutex_t lock; pthread_cond_t changed; int done, holders; } Event;
typedef struct { Event *ready; size_t bytes; char *data; bool used; int readers; } Buffer;
typedef struct { bool fails; } Program;

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

static void await(Event *e) {
  pthread_mutex_lock(&e->lock);
  while (!e->done) pthread_cond_wait(&e->changed, &e->lock);
  pthread_mutex_unlock(&e->lock);
}

static void finish(Event *e) {
  pthread_mutex_lock(&e->lock);
  e->done = 1;
  pthread_cond_broadcast(&e->changed);
  pthread_mutex_unlock(&e->lock);
  release(e);
}

// A copy waits for what it reads, then reads it, then says so.
typedef struct { char *to; const char *from; size_t bytes; Event *after, *first, *second; } Copy;
static void *copy(void *p) {
  Copy *c = p;
  if (c->after) await(c->after), release(c->after);
  usleep(200);
  memcpy(c->to, c->from, c->bytes);
  finish(c->first);
  if (c->second) finish(c->second);
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
static Error *eventAwait(word *a) { await((Event *)a[2]); return 0; }
static Error *create(word *a) {
  word *option = (void *)a[2];
  for (word i = 0; i < a[3]; i++, option += 7)
    if (option[0] != 56 || strlen((char *)option[2]) != option[3] || (option[4] == 0 && strlen((char *)option[5]) != option[6]))
      return failed(3, "an option that is not well formed");
  a[8] = (word)malloc(8), count(1);
  return 0;
}
static Error *freed(word *a) { free((void *)a[2]); count(-1); return 0; }
static Error *name(word *a) { a[3] = (word)"host!", a[4] = 4; return 0; }
static word device = 7, *devices[] = {&device};
static Error *list(word *a) { a[3] = (word)devices, a[4] = 1; return 0; }
static Error *description(word *a) { a[3] = a[2]; return 0; }
static Error *memory(word *a) { a[3] = 1000, a[10] = 5000, a[11] = 1; return 0; }
static Error *compile(word *a) {
  word *program = (void *)a[3];
  char *code = (void *)program[2];
  if (program[3] == 9 && memcmp(code, "too large", 9) == 0) return failed(8, "out of memory: 12 GiB asked, 3 GiB free");
  if (program[5] != 4 || memcmp((void *)program[4], "mlir", 4)) return failed(3, "not mlir");
  Program *p = calloc(1, sizeof *p);
  p->fails = program[3] == 5 && memcmp(code, "fails", 5) == 0;
  a[6] = (word)p, count(1);
  return 0;
}
static Error *inner(word *a) { a[3] = (word)malloc(8), count(1); return 0; }
static Error *outputs(word *a) { a[3] = 2; return 0; }
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
  size_t bytes = a[4] == 11 ? 4 : 1;
  for (word i = 0; i < a[6]; i++) bytes *= ((int64_t *)a[5])[i];
  Buffer *b = buffer(bytes);
  Copy *c = calloc(1, sizeof *c);
  Event *done = event(2);
  *c = (Copy){b->data, (char *)a[3], bytes, 0, b->ready, done};
  if (a[9] == 0) copy(c); else later(copy, c);
  a[13] = (word)done, a[14] = (word)b;
  return 0;
}
static Error *fetch(word *a) {
  Buffer *b = (void *)a[2];
  if (b->used) return failed(3, "the buffer was donated");
  if (a[5] < b->bytes) return failed(3, "dst is too short");
  Event *done = event(2);
  Copy *c = calloc(1, sizeof *c);
  hold(b->ready);
  *c = (Copy){(char *)a[4], b->data, b->bytes, b->ready, done, 0};
  later(copy, c);
  a[6] = (word)done;
  return 0;
}
static Error *bufferReady(word *a) { Buffer *b = (void *)a[2]; hold(b->ready); a[3] = (word)b->ready; return 0; }
// A buffer lives until its owner and the runs that read it have dropped it.
static void drop(Buffer *b) {
  if (__sync_sub_and_fetch(&b->readers, 1) > 0) return;
  await(b->ready), release(b->ready);
  if (!b->used) free(b->data);
  free(b), count(-1);
}
static Error *bufferDestroy(word *a) { drop((Buffer *)a[2]); return 0; }
typedef struct { Buffer *sum, *same, *y; float *x; Event *a; } Sum;
static void *add(void *p) {
  Sum *s = p;
  await(s->a), await(s->y->ready);
  usleep(200);
  for (size_t i = 0; i < s->sum->bytes / 4; i++) {
    float y = ((float *)s->y->data)[i];
    ((float *)s->same->data)[i] = y;
    s->x[i] += y;
  }
  release(s->a), drop(s->y);
  finish(s->sum->ready), finish(s->same->ready);
  free(s);
  return 0;
}
static Error *execute(word *a) {
  Program *p = (void *)a[2];
  word *options = (void *)a[3], **ins = (void *)a[4], **outs = (void *)a[7];
  if (p->fails) return failed(13, "it fails");
  if (options[0] < 14 * 8 || a[5] != 1 || a[6] != 2) return failed(3, "want two arguments on one device");
  Buffer *x = (void *)ins[0][0], *y = (void *)ins[0][1];
  if (x->used || y->used) return failed(3, "a donated argument");
  Sum *s = calloc(1, sizeof *s);
  *s = (Sum){buffer(x->bytes), buffer(x->bytes), y, (float *)x->data, x->ready};
  hold(x->ready), __sync_add_and_fetch(&y->readers, 1);
  free(s->sum->data), s->sum->data = x->data, x->used = true;
  outs[0][0] = (word)s->sum, outs[0][1] = (word)s->same;
  later(add, s);
  return 0;
}

typedef Error *(*Function)(word *);
static struct { word size, extension, versionSize, versionExtension; int major, minor; Function f[112]; } api;

void *GetPjrtApi(void) {
  Function *f = api.f;
  api.size = sizeof api, api.minor = 83;
  f[0] = errorDestroy, f[1] = errorMessage, f[2] = errorCode, f[3] = nothing, f[5] = eventDestroy, f[6] = eventReady;
  f[8] = eventAwait, f[10] = create, f[11] = freed, f[12] = name, f[14] = name, f[16] = list, f[20] = compile, f[22] = put;
  f[26] = name, f[29] = description, f[34] = memory, f[40] = freed, f[44] = outputs, f[50] = freed, f[51] = inner;
  f[55] = execute, f[58] = bufferDestroy, f[70] = fetch, f[72] = bufferReady;
  return &api;
}
