// Writes each kernel and copy of a process's GPU to $KERNELS, one a line: start and end in ns, the CUDA graph's number or 0,
// the name. CUDA loads it where CUDA_INJECTION64_PATH names it. See kernels.sh.
#include <cupti.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static FILE *out;

static void give(uint8_t **buffer, size_t *size, size_t *records) {
	void *p = NULL;
	*size = 256 << 10; // what is in one when the process ends is lost
	*records = 0;
	*buffer = posix_memalign(&p, 8, *size) ? NULL : p;
}

static void write_all(CUcontext context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid) {
	CUpti_Activity *r = NULL;
	while (cuptiActivityGetNextRecord(buffer, valid, &r) == CUPTI_SUCCESS) {
		if (r->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) {
			CUpti_ActivityKernel10 *k = (void *)r;
			fprintf(out, "%llu %llu %u %s\n", (unsigned long long)k->start, (unsigned long long)k->end, k->graphId, k->name);
		} else if (r->kind == CUPTI_ACTIVITY_KIND_MEMCPY) {
			CUpti_ActivityMemcpy6 *c = (void *)r;
			const char *way = c->copyKind == CUPTI_ACTIVITY_MEMCPY_KIND_HTOD ? "host-to-device" : c->copyKind == CUPTI_ACTIVITY_MEMCPY_KIND_DTOH ? "device-to-host" : "on-device";
			fprintf(out, "%llu %llu 0 copy-%s-%llu\n", (unsigned long long)c->start, (unsigned long long)c->end, way, (unsigned long long)c->bytes);
		}
	}
	fflush(out); // a process of Go's ends without flushing
	free(buffer);
}

static void *flush(void *nothing) {
	for (;;) {
		usleep(200000);
		cuptiActivityFlushAll(0);
	}
}

int InitializeInjection(void) {
	pthread_t thread;
	const char *path = getenv("KERNELS");
	if (!path || !(out = fopen(path, "w")))
		return 0;
	int failed = cuptiActivityRegisterCallbacks(give, write_all) || cuptiActivityEnable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) ||
		cuptiActivityEnable(CUPTI_ACTIVITY_KIND_MEMCPY) || pthread_create(&thread, NULL, flush, NULL);
	return !failed;
}
