#include "batch_norm_cpu.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "vectorized.hpp"

namespace crosstask {
namespace {

/// Rows that are added up in float32: a longer chain of additions would lose digits. Sums of chains are added up in
/// double precision.
constexpr int64_t kChain = 256;

/// Parts that a thread takes at least.
constexpr int64_t kParts = 16;

/// The rows of a map in parts of kChain, and for each part `Kinds` sums of every channel.
template <int Kinds>
class PartialSums {
 public:
  PartialSums(int64_t rows, int64_t channels)
      : rows_(rows),
        channels_(channels),
        parts_((rows + kChain - 1) / kChain),
        values_(at::zeros({Kinds, parts_, channels}, at::kFloat)) {}

  int64_t parts() const { return parts_; }
  int64_t first(int64_t part) const { return part * kChain; }
  int64_t last(int64_t part) const { return std::min(rows_, first(part) + kChain); }
  int64_t count(int64_t part) const { return last(part) - first(part); }
  float* of(int kind, int64_t part) const { return values_.data_ptr<float>() + (kind * parts_ + part) * channels_; }

  /// Calls back with each part, on all threads.
  template <typename Work>
  void each(Work work) const {
    at::parallel_for(0, parts_, kParts, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; part++) work(part);
    });
  }

 private:
  int64_t rows_, channels_, parts_;
  Tensor values_;
};

/// Of some rows: `center`, about their mean; Σ (x − center) and Σ (x − center)². All were 0 before.
CROSSTASK_VECTORIZED void addMoments(const float* x, int64_t rows, int64_t channels, float* __restrict center,
                                     float* __restrict sums, float* __restrict squares) {
  for (int64_t row = 0; row < rows; row++) {
    const float* __restrict from = x + row * channels;
    for (int64_t c = 0; c < channels; c++) center[c] += from[c];
  }
  for (int64_t c = 0; c < channels; c++) center[c] /= float(rows);
  for (int64_t row = 0; row < rows; row++) {
    const float* __restrict from = x + row * channels;
    for (int64_t c = 0; c < channels; c++) {
      const float away = from[c] - center[c];
      sums[c] += away;
      squares[c] += away * away;
    }
  }
}

/// By channel.
struct Moments {
  std::vector<double> mean, variance;
};

/// Of all rows, from their parts' (Chan, Golub & LeVeque 1983).
Moments momentsOf(const float* x, int64_t rows, int64_t channels) {
  const PartialSums<3> partial(rows, channels);
  partial.each([&](int64_t part) {
    addMoments(x + partial.first(part) * channels, partial.count(part), channels, partial.of(0, part),
               partial.of(1, part), partial.of(2, part));
  });
  Moments all{std::vector<double>(channels), std::vector<double>(channels)};
  const auto eachMean = [&](auto visit) {
    for (int64_t part = 0; part < partial.parts(); part++)
      for (int64_t c = 0; c < channels; c++) {
        const double rest = partial.of(1, part)[c] / double(partial.count(part));
        visit(c, part, double(partial.of(0, part)[c]) + rest, rest);
      }
  };
  eachMean([&](int64_t c, int64_t part, double mean, double) {
    all.mean[c] += mean * double(partial.count(part)) / double(rows);
  });
  eachMean([&](int64_t c, int64_t part, double mean, double rest) {
    const double away = mean - all.mean[c];
    const double squares = partial.of(2, part)[c] + (away * away - rest * rest) * double(partial.count(part));
    all.variance[c] += squares / double(rows);
  });
  return all;
}

/// What the loops read, [channels] each; factor = scale · inverse.
struct Channels {
  int64_t count;
  const float *mean, *inverse, *factor, *offset;
  bool relu;
};

CROSSTASK_VECTORIZED void normalize(const Channels& by, const float* x, int64_t rows, float* y) {
  const float* __restrict mean = by.mean;
  const float* __restrict factor = by.factor;
  const float* __restrict offset = by.offset;
  for (int64_t row = 0; row < rows; row++) {
    const float* __restrict from = x + row * by.count;
    float* __restrict to = y + row * by.count;
    for (int64_t c = 0; c < by.count; c++) {
      const float z = (from[c] - mean[c]) * factor[c] + offset[c];
      to[c] = by.relu && z < 0 ? 0 : z;
    }
  }
}

/// With dz = dy where ReLU let the value pass or nothing follows: sums[c] += Σ dz, products[c] += Σ dz · x̂.
CROSSTASK_VECTORIZED void addGradients(const Channels& by, const float* dys, const float* xs, int64_t rows,
                                       float* __restrict sums, float* __restrict products) {
  const float* __restrict mean = by.mean;
  const float* __restrict inverse = by.inverse;
  const float* __restrict factor = by.factor;
  const float* __restrict offset = by.offset;
  for (int64_t row = 0; row < rows; row++) {
    const float* __restrict dy = dys + row * by.count;
    const float* __restrict x = xs + row * by.count;
    for (int64_t c = 0; c < by.count; c++) {
      const float away = x[c] - mean[c];
      const float dz = !by.relu || away * factor[c] + offset[c] > 0 ? dy[c] : 0;
      sums[c] += dz;
      products[c] += dz * (away * inverse[c]);
    }
  }
}

/// dx = factor · (dz − mean(dz) − x̂ · mean(dz · x̂)).
CROSSTASK_VECTORIZED void writeGradient(const Channels& by, const float* dys, const float* xs, int64_t rows,
                                        const float* __restrict meanSlope, const float* __restrict meanProduct,
                                        float* dxs) {
  const float* __restrict mean = by.mean;
  const float* __restrict inverse = by.inverse;
  const float* __restrict factor = by.factor;
  const float* __restrict offset = by.offset;
  for (int64_t row = 0; row < rows; row++) {
    const float* __restrict dy = dys + row * by.count;
    const float* __restrict x = xs + row * by.count;
    float* __restrict dx = dxs + row * by.count;
    for (int64_t c = 0; c < by.count; c++) {
      const float away = x[c] - mean[c];
      const float dz = !by.relu || away * factor[c] + offset[c] > 0 ? dy[c] : 0;
      dx[c] = factor[c] * (dz - meanSlope[c] - away * inverse[c] * meanProduct[c]);
    }
  }
}

}  // namespace

Tensors batchNormOnCpu(const Tensor& image, const Tensor& scale, const Tensor& offset, double epsilon, bool relu) {
  const Tensor x = image.contiguous(), shift = offset.contiguous();
  const int64_t channels = x.size(-1), rows = x.numel() / channels;
  const Moments moments = momentsOf(x.data_ptr<float>(), rows, channels);
  const Tensor mean = at::empty({channels}, at::kFloat), variance = at::empty_like(mean), inverse = at::empty_like(mean);
  for (int64_t c = 0; c < channels; c++) {
    mean.data_ptr<float>()[c] = float(moments.mean[c]);
    variance.data_ptr<float>()[c] = float(moments.variance[c]);
    inverse.data_ptr<float>()[c] = float(1 / std::sqrt(moments.variance[c] + epsilon));
  }
  const Tensor factor = scale * inverse;
  const Tensor y = at::empty(x.sizes(), x.options());
  const Channels by{channels, mean.data_ptr<float>(), nullptr, factor.data_ptr<float>(), shift.data_ptr<float>(), relu};
  at::parallel_for(0, rows, kChain, [&](int64_t begin, int64_t end) {
    normalize(by, x.data_ptr<float>() + begin * channels, end - begin, y.data_ptr<float>() + begin * channels);
  });
  return {y, mean, variance, inverse};
}

Tensors batchNormGradientOnCpu(const Tensor& gradient, const Tensor& image, const Tensor& mean, const Tensor& inverse,
                               const Tensor& scale, const Tensor& offset, bool relu) {
  const Tensor dy = gradient.contiguous(), x = image.contiguous();
  const int64_t channels = x.size(-1), rows = x.numel() / channels;
  const Tensor center = mean.contiguous(), norm = inverse.contiguous(), shift = offset.contiguous();
  const Tensor factor = scale * norm;
  const Channels by{channels,
                    center.data_ptr<float>(),
                    norm.data_ptr<float>(),
                    factor.data_ptr<float>(),
                    shift.data_ptr<float>(),
                    relu};
  const float *dys = dy.data_ptr<float>(), *xs = x.data_ptr<float>();
  const PartialSums<2> partial(rows, channels);
  partial.each([&](int64_t part) {
    const int64_t first = partial.first(part) * channels;
    addGradients(by, dys + first, xs + first, partial.count(part), partial.of(0, part), partial.of(1, part));
  });
  const Tensor totals = at::empty({2, channels}, at::kFloat), means = at::empty_like(totals);
  for (int kind = 0; kind < 2; kind++)
    for (int64_t c = 0; c < channels; c++) {
      double total = 0;
      for (int64_t part = 0; part < partial.parts(); part++) total += partial.of(kind, part)[c];
      totals.data_ptr<float>()[kind * channels + c] = float(total);
      means.data_ptr<float>()[kind * channels + c] = float(total / double(rows));
    }
  const Tensor dx = at::empty(x.sizes(), x.options());
  at::parallel_for(0, rows, kChain, [&](int64_t begin, int64_t end) {
    const int64_t first = begin * channels;
    writeGradient(by, dys + first, xs + first, end - begin, means.data_ptr<float>(),
                  means.data_ptr<float>() + channels, dx.data_ptr<float>() + first);
  });
  return {dx, totals[1].clone(), totals[0].clone()};
}

}  // namespace crosstask
