/* A capture card for libasound (external I/O plugin), fed through a memory file; see memory.py for its layout.
 *
 * It behaves as a kernel driver does:
 *   unplug   open gives ENODEV; a running stream is DISCONNECTED for ever, poll gives POLLERR|POLLNVAL
 *   overrun  strict: EPIPE when the reader is a buffer late; elastic, fast: the card waits for the reader
 *   hang     no more samples, no error; what passed meanwhile is lost, and said as an overrun
 *   busy     one stream at a time, EBUSY
 * Frame f of the ring is presented at epoch_ns + f / rate, never before the simulator has written it.
 */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x4356484fu /* "OHVC" */
#define VERSION 1u
#define HEADER_BYTES 4096
#define IDLE_NS 100000000ull /* look for an unplug this often while nothing is due */
#define LATE_NS 4000000ull   /* look again this soon while the simulator or a hung card is late */

enum { ELASTIC, STRICT, FAST };

struct card {
    uint32_t magic, version, rate, channels, ring_frames, mode;
    uint32_t plugged; /* 0 unplugged, else the number of this plugging-in */
    uint32_t hung;
    uint64_t epoch_ns, written, read, started_at;
    uint32_t opens, starts, overruns;
};

struct stream {
    snd_pcm_ioplug_t io;
    struct card *card;
    const char *ring;
    size_t map_bytes;
    int fd, timer;
    uint32_t plugging;
    uint64_t base; /* ring frame of the stream's first sample */
    snd_pcm_uframes_t avail_min, boundary;
    int hung; /* was seen hung: what passed meanwhile is lost */
};

static uint64_t load(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static int gone(const struct stream *s) {
    return __atomic_load_n(&s->card->plugged, __ATOMIC_ACQUIRE) != s->plugging;
}

static uint64_t frame_ns(const struct card *c, uint64_t frame) {
    return c->epoch_ns + frame / c->rate * 1000000000ull + frame % c->rate * 1000000000ull / c->rate;
}

/* Frames that real time has reached and the simulator has written. */
static uint64_t present(const struct card *c) {
    uint64_t written = load(&c->written), now = now_ns(), past;
    if (c->mode == FAST)
        return written;
    if (now <= c->epoch_ns)
        return 0;
    past = now - c->epoch_ns;
    past = past / 1000000000ull * c->rate + past % 1000000000ull * c->rate / 1000000000ull;
    return past < written ? past : written;
}

/* Frames captured since the start, or -ENODEV, or -EPIPE. Asked often, so it changes nothing but `hung`. */
static int64_t captured(struct stream *s) {
    const struct card *c = s->card;
    uint64_t frames, limit;
    if (gone(s))
        return -ENODEV;
    if (__atomic_load_n(&c->hung, __ATOMIC_ACQUIRE)) {
        s->hung = 1;
        return (int64_t)s->io.hw_ptr;
    }
    if (s->hung)
        return -EPIPE;
    frames = present(c);
    frames = frames > s->base ? frames - s->base : 0;
    limit = s->io.appl_ptr + s->io.buffer_size;
    if (load(&c->written) > s->base + s->io.appl_ptr + c->ring_frames)
        return -EPIPE; /* the ring itself has been overwritten */
    if (frames > limit) {
        if (c->mode == STRICT)
            return -EPIPE;
        frames = limit;
    }
    return (int64_t)frames;
}

static void arm(struct stream *s, uint64_t at) {
    struct itimerspec t = {{0, 0}, {(time_t)(at / 1000000000ull), (long)(at % 1000000000ull)}};
    timerfd_settime(s->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static void arm_next(struct stream *s) {
    uint64_t now = now_ns();
    uint64_t due = frame_ns(s->card, s->base + s->io.appl_ptr + s->avail_min);
    if (s->card->mode == FAST)
        due = now + 500000;
    else if (due <= now)
        due = now + LATE_NS;
    else if (due > now + IDLE_NS)
        due = now + IDLE_NS;
    arm(s, due);
}

static int card_start(snd_pcm_ioplug_t *io) {
    struct stream *s = io->private_data;
    if (gone(s))
        return -ENODEV;
    s->hung = 0;
    s->base = present(s->card);
    __atomic_store_n(&s->card->started_at, s->base, __ATOMIC_RELEASE);
    __atomic_store_n(&s->card->read, s->base, __ATOMIC_RELEASE);
    __atomic_add_fetch(&s->card->starts, 1, __ATOMIC_ACQ_REL);
    arm_next(s);
    return 0;
}

static int card_stop(snd_pcm_ioplug_t *io) {
    struct stream *s = io->private_data;
    struct itimerspec off = {{0, 0}, {0, 0}};
    timerfd_settime(s->timer, 0, &off, NULL);
    return 0;
}

static int card_prepare(snd_pcm_ioplug_t *io) { return gone(io->private_data) ? -ENODEV : 0; }

static snd_pcm_sframes_t card_pointer(snd_pcm_ioplug_t *io) {
    struct stream *s = io->private_data;
    int64_t frames = captured(s);
    if (frames == -ENODEV) { /* a negative value would make it XRUN, which PortAudio restarts for ever */
        snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
        return (snd_pcm_sframes_t)io->hw_ptr;
    }
    if (frames == -EPIPE && io->state == SND_PCM_STATE_RUNNING)
        __atomic_add_fetch(&s->card->overruns, 1, __ATOMIC_ACQ_REL);
    if (frames < 0)
        return (snd_pcm_sframes_t)frames;
    return (snd_pcm_sframes_t)((uint64_t)frames % s->boundary);
}

static snd_pcm_sframes_t card_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                       snd_pcm_uframes_t offset, snd_pcm_uframes_t size) {
    struct stream *s = io->private_data;
    size_t frame_bytes = 2u * s->card->channels;
    char *to = (char *)areas->addr + (areas->first + areas->step * offset) / 8;
    uint64_t from = s->base + io->appl_ptr;
    snd_pcm_uframes_t done = 0;
    if (gone(s))
        return -ENODEV;
    while (done < size) {
        uint64_t at = (from + done) % s->card->ring_frames;
        snd_pcm_uframes_t run = s->card->ring_frames - at;
        if (run > size - done)
            run = size - done;
        memcpy(to + done * frame_bytes, s->ring + at * frame_bytes, run * frame_bytes);
        done += run;
    }
    __atomic_store_n(&s->card->read, from, __ATOMIC_RELEASE);
    return (snd_pcm_sframes_t)size;
}

static int card_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *pfd, unsigned int count, unsigned short *revents) {
    struct stream *s = io->private_data;
    int64_t frames = captured(s);
    uint64_t expirations;
    (void)pfd;
    (void)count;
    if (frames == -ENODEV) {
        snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
        *revents = POLLERR | POLLNVAL;
    } else if (frames == -EPIPE)
        *revents = POLLIN | POLLERR;
    else if ((uint64_t)frames >= io->appl_ptr + s->avail_min)
        *revents = POLLIN;
    else {
        if (read(s->timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN)
            return -errno;
        arm_next(s);
        *revents = 0;
    }
    return 0;
}

static int card_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params) {
    struct stream *s = io->private_data;
    int err = snd_pcm_sw_params_get_avail_min(params, &s->avail_min);
    return err < 0 ? err : snd_pcm_sw_params_get_boundary(params, &s->boundary);
}

static int card_hw_params(snd_pcm_ioplug_t *io, snd_pcm_hw_params_t *params) {
    struct stream *s = io->private_data;
    (void)params;
    s->avail_min = io->period_size;
    return gone(s) ? -ENODEV : 0;
}

static int card_close(snd_pcm_ioplug_t *io) {
    struct stream *s = io->private_data;
    close(s->timer);
    munmap(s->card, s->map_bytes);
    close(s->fd); /* frees the lock */
    free(s);
    return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
    .start = card_start,
    .stop = card_stop,
    .pointer = card_pointer,
    .transfer = card_transfer,
    .close = card_close,
    .hw_params = card_hw_params,
    .sw_params = card_sw_params,
    .prepare = card_prepare,
    .poll_revents = card_poll_revents,
};

static int constrain(struct stream *s) {
    static const unsigned int formats[] = {SND_PCM_FORMAT_S16_LE};
    static const unsigned int accesses[] = {SND_PCM_ACCESS_MMAP_INTERLEAVED, SND_PCM_ACCESS_RW_INTERLEAVED};
    const struct card *c = s->card;
    int err;
    if ((err = snd_pcm_ioplug_set_param_list(&s->io, SND_PCM_IOPLUG_HW_ACCESS, 2, accesses)) < 0 ||
        (err = snd_pcm_ioplug_set_param_list(&s->io, SND_PCM_IOPLUG_HW_FORMAT, 1, formats)) < 0 ||
        (err = snd_pcm_ioplug_set_param_minmax(&s->io, SND_PCM_IOPLUG_HW_CHANNELS, c->channels, c->channels)) < 0 ||
        (err = snd_pcm_ioplug_set_param_minmax(&s->io, SND_PCM_IOPLUG_HW_RATE, c->rate, c->rate)) < 0 ||
        (err = snd_pcm_ioplug_set_param_minmax(&s->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64, 1 << 18)) < 0 ||
        (err = snd_pcm_ioplug_set_param_minmax(&s->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 128, 1 << 20)) < 0 ||
        (err = snd_pcm_ioplug_set_param_minmax(&s->io, SND_PCM_IOPLUG_HW_PERIODS, 2, 1024)) < 0)
        return err;
    return 0;
}

/* Map the memory file and take the card. */
static int take(struct stream *s, const char *path) {
    struct stat st;
    s->fd = open(path, O_RDWR | O_CLOEXEC);
    if (s->fd < 0)
        return -ENODEV;
    if (flock(s->fd, LOCK_EX | LOCK_NB) < 0)
        return -EBUSY;
    if (fstat(s->fd, &st) < 0 || st.st_size <= HEADER_BYTES)
        return -EINVAL;
    s->map_bytes = (size_t)st.st_size;
    s->card = mmap(NULL, s->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
    if (s->card == MAP_FAILED)
        return -ENOMEM;
    if (s->card->magic != MAGIC || s->card->version != VERSION)
        return -EINVAL;
    s->ring = (const char *)s->card + HEADER_BYTES;
    s->plugging = __atomic_load_n(&s->card->plugged, __ATOMIC_ACQUIRE);
    return s->plugging ? 0 : -ENODEV;
}

static void drop(struct stream *s) {
    if (s->card && s->card != MAP_FAILED)
        munmap(s->card, s->map_bytes);
    if (s->timer >= 0)
        close(s->timer);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

static int open_card(snd_pcm_t **pcmp, const char *name, const char *path, snd_pcm_stream_t direction, int mode) {
    struct stream *s;
    int err;
    if (direction != SND_PCM_STREAM_CAPTURE)
        return -ENXIO;
    s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->fd = s->timer = -1;
    s->boundary = 1;
    if ((err = take(s, path)) < 0)
        goto fail;
    s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (s->timer < 0) {
        err = -errno;
        goto fail;
    }
    s->io.version = SND_PCM_IOPLUG_VERSION;
    s->io.name = "Offhook virtual sound card";
    s->io.flags = SND_PCM_IOPLUG_FLAG_LISTED | SND_PCM_IOPLUG_FLAG_MONOTONIC | SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
    s->io.poll_fd = s->timer;
    s->io.poll_events = POLLIN;
    s->io.callback = &callbacks;
    s->io.private_data = s;
    if ((err = snd_pcm_ioplug_create(&s->io, name, direction, mode)) < 0)
        goto fail;
    if ((err = constrain(s)) < 0) {
        snd_pcm_ioplug_delete(&s->io); /* calls card_close */
        return err;
    }
    __atomic_add_fetch(&s->card->opens, 1, __ATOMIC_ACQ_REL);
    *pcmp = s->io.pcm;
    return 0;
fail:
    drop(s);
    return err;
}

SND_PCM_PLUGIN_DEFINE_FUNC(offhook) {
    snd_config_iterator_t i, next;
    const char *path = NULL;
    (void)root;
    snd_config_for_each(i, next, conf) {
        snd_config_t *entry = snd_config_iterator_entry(i);
        const char *id;
        if (snd_config_get_id(entry, &id) >= 0 && !strcmp(id, "file"))
            snd_config_get_string(entry, &path);
    }
    if (!path)
        return -EINVAL;
    return open_card(pcmp, name, path, stream, mode);
}

SND_PCM_PLUGIN_SYMBOL(offhook);
