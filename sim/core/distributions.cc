#include "sim/core/distributions.h"

#include <array>
#include <bit>

namespace sim {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

constexpr int kFractionBits = 40;
constexpr int kTableBits = 7;
constexpr int kStepBits = 32;  // of the mantissa, between two entries

// round(ln(1 + i / 128) * 2^40). Linear in between: off by less than 8e-6.
constexpr std::array<std::uint64_t, (1 << kTableBits) + 1> kLog{0,
                                                                8556553905,
                                                                17047033376,
                                                                25472451061,
                                                                33833796510,
                                                                42132036863,
                                                                50368117529,
                                                                58542962829,
                                                                66657476617,
                                                                74712542883,
                                                                82709026332,
                                                                90647772934,
                                                                98529610469,
                                                                106355349042,
                                                                114125781579,
                                                                121841684316,
                                                                129503817259,
                                                                137112924636,
                                                                144669735329,
                                                                152174963295,
                                                                159629307968,
                                                                167033454653,
                                                                174388074903,
                                                                181693826883,
                                                                188951355727,
                                                                196161293876,
                                                                203324261410,
                                                                210440866370,
                                                                217511705065,
                                                                224537362373,
                                                                231518412033,
                                                                238455416923,
                                                                245348929333,
                                                                252199491231,
                                                                259007634518,
                                                                265773881273,
                                                                272498743996,
                                                                279182725843,
                                                                285826320846,
                                                                292430014137,
                                                                298994282159,
                                                                305519592870,
                                                                312006405950,
                                                                318455172986,
                                                                324866337668,
                                                                331240335970,
                                                                337577596325,
                                                                343878539803,
                                                                350143580273,
                                                                356373124574,
                                                                362567572664,
                                                                368727317781,
                                                                374852746592,
                                                                380944239335,
                                                                387002169964,
                                                                393026906287,
                                                                399018810095,
                                                                404978237301,
                                                                410905538059,
                                                                416801056890,
                                                                422665132805,
                                                                428498099418,
                                                                434300285060,
                                                                440072012896,
                                                                445813601022,
                                                                451525362583,
                                                                457207605864,
                                                                462860634398,
                                                                468484747058,
                                                                474080238156,
                                                                479647397532,
                                                                485186510647,
                                                                490697858666,
                                                                496181718552,
                                                                501638363140,
                                                                507068061225,
                                                                512471077639,
                                                                517847673330,
                                                                523198105434,
                                                                528522627354,
                                                                533821488828,
                                                                539094936001,
                                                                544343211492,
                                                                549566554464,
                                                                554765200687,
                                                                559939382601,
                                                                565089329383,
                                                                570215267002,
                                                                575317418281,
                                                                580396002958,
                                                                585451237738,
                                                                590483336351,
                                                                595492509607,
                                                                600478965445,
                                                                605442908990,
                                                                610384542602,
                                                                615304065922,
                                                                620201675925,
                                                                625077566966,
                                                                629931930824,
                                                                634764956750,
                                                                639576831510,
                                                                644367739428,
                                                                649137862432,
                                                                653887380089,
                                                                658616469649,
                                                                663325306087,
                                                                668014062138,
                                                                672682908337,
                                                                677332013056,
                                                                681961542539,
                                                                686571660939,
                                                                691162530356,
                                                                695734310862,
                                                                700287160547,
                                                                704821235540,
                                                                709336690050,
                                                                713833676391,
                                                                718312345019,
                                                                722772844555,
                                                                727215321822,
                                                                731639921869,
                                                                736046788000,
                                                                740436061804,
                                                                744807883181,
                                                                749162390369,
                                                                753499719969,
                                                                757820006972,
                                                                762123384786};
constexpr std::uint64_t kLog2 = kLog.back();

constexpr std::int64_t kMeanMax = std::int64_t{1} << 53;

}  // namespace

// u = mantissa * 2^-(zeros + 1) with the mantissa in [1, 2), so -ln u = (zeros + 1) ln 2 - ln
// mantissa.
std::uint64_t draw_standard_exponential(env::Rng& rng) {
  const std::uint64_t word = rng.next() | 1;  // never 0
  const int zeros = std::countl_zero(word);
  const std::uint64_t mantissa = word << zeros << 1;  // the leading one dropped
  const std::size_t entry = mantissa >> (64 - kTableBits);
  const std::uint64_t step = mantissa << kTableBits >> (64 - kStepBits);
  const std::uint64_t rise = kLog[entry + 1] - kLog[entry];
  const std::uint64_t log = kLog[entry] + (rise * step >> kStepBits);
  return (static_cast<std::uint64_t>(zeros) + 1) * kLog2 - log;
}

Distribution::Distribution(Constant shape) : shape_(shape) {
  TIT_ASSERT(shape.value.count() >= 0, "a distribution of durations is not negative");
}

Distribution::Distribution(Uniform shape) : shape_(shape) {
  TIT_ASSERT(shape.low.count() >= 0, "a distribution of durations is not negative");
  TIT_ASSERT(shape.low <= shape.high, "a uniform distribution has low <= high");
}

Distribution::Distribution(Exponential shape) : shape_(shape) {
  TIT_ASSERT(shape.low.count() >= 0, "a distribution of durations is not negative");
  TIT_ASSERT(shape.mean.count() >= 0 && shape.mean.count() < kMeanMax, "a mean is below 104 days");
}

env::Duration Distribution::draw(env::Rng& rng) const {
  return std::visit(
      Overloaded{
          [](const Constant& shape) { return shape.value; },
          [&](const Uniform& shape) { return rng.between(shape.low, shape.high); },
          [&](const Exponential& shape) {
            const env::Uint128 product = static_cast<env::Uint128>(draw_standard_exponential(rng)) *
                                         static_cast<std::uint64_t>(shape.mean.count());
            return shape.low + env::Duration(static_cast<std::int64_t>(product >> kFractionBits));
          },
      },
      shape_);
}

env::Duration Distribution::lowest() const {
  return std::visit(Overloaded{
                        [](const Constant& shape) { return shape.value; },
                        [](const Uniform& shape) { return shape.low; },
                        [](const Exponential& shape) { return shape.low; },
                    },
                    shape_);
}

env::Duration Distribution::mean() const {
  return std::visit(Overloaded{
                        [](const Constant& shape) { return shape.value; },
                        [](const Uniform& s) { return s.low + (s.high - s.low) / 2; },
                        [](const Exponential& shape) { return shape.low + shape.mean; },
                    },
                    shape_);
}

}  // namespace sim
