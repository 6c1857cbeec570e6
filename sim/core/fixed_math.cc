#include "sim/core/fixed_math.h"

#include <algorithm>
#include <array>
#include <bit>

#include "broker-model/env/rng.h"

namespace sim {
namespace {

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
constexpr int kFine = 60;  // fraction bits inside of functions
constexpr std::uint64_t kFineOne = std::uint64_t{1} << kFine;
constexpr std::uint64_t kHalfPi = 1811004864519280711;  // round(pi / 2 * 2^60)

std::uint64_t fine_times(std::uint64_t x, std::uint64_t y) {
  return static_cast<std::uint64_t>(static_cast<env::Uint128>(x) * y >> kFine);
}

// ln of 1.mantissa, the mantissa's leading bit at the top.
std::uint64_t log_of_mantissa(std::uint64_t mantissa) {
  const std::size_t entry = mantissa >> (64 - kTableBits);
  const std::uint64_t step = mantissa << kTableBits >> (64 - kStepBits);
  const env::Uint128 rise = kLog[entry + 1] - kLog[entry];
  return kLog[entry] + static_cast<std::uint64_t>(rise * step >> kStepBits);
}

// x = 2^exponent * mantissa with the mantissa in [1, 2). REQUIRES: x > 0.
std::uint64_t log_of(std::uint64_t x) {
  const int zeros = std::countl_zero(x);
  return static_cast<std::uint64_t>(63 - zeros) * kLog2 + log_of_mantissa(x << zeros << 1);
}

}  // namespace

std::uint64_t minus_log(std::uint64_t word) {
  return 64 * kLog2 - log_of(word | 1);  // never of 0
}

std::uint64_t log_of_ratio(std::uint64_t large, std::uint64_t small) {
  TIT_ASSERT(small > 0 && large >= small, "the logarithm of a ratio of at least 1");
  return log_of(large) - log_of(small);
}

// e^x = 2^k * e^r with r in [0, ln 2), by Taylor: off by less than 1e-9.
std::uint64_t exp_of(std::int64_t x, std::uint64_t unit) {
  const std::int64_t log2 = static_cast<std::int64_t>(kLog2);
  std::int64_t power = x / log2;
  if (x % log2 < 0) --power;
  const auto rest = static_cast<std::uint64_t>(x - power * log2) << (kFine - kLogBits);
  constexpr int kTerms = 13;
  std::uint64_t sum = kFineOne;
  for (int n = kTerms; n > 0; --n)
    sum = kFineOne + fine_times(sum, rest) / static_cast<std::uint64_t>(n);
  if (power <= -64) return 0;
  const env::Uint128 scaled = static_cast<env::Uint128>(sum) * unit >> kFine;
  if (power < 0) return static_cast<std::uint64_t>(scaled >> -power);
  if (power > 62 || scaled >> (63 - power) != 0) return INT64_MAX;
  return static_cast<std::uint64_t>(scaled << power);
}

// cos(x) for x in a quarter turn, by Taylor: off by less than 1e-9.
std::uint64_t cosine_of_quarter(std::uint64_t x) {
  const std::uint64_t square = fine_times(x, x);
  constexpr std::uint64_t kLast = 16;
  std::uint64_t sum = kFineOne;
  for (std::uint64_t n = kLast; n > 0; n -= 2)
    sum = kFineOne - std::min(fine_times(sum, square) / (n * (n - 1)), kFineOne);
  return sum;
}

std::uint64_t square_root(env::Uint128 x) {
  env::Uint128 root = 0;
  for (env::Uint128 bit = static_cast<env::Uint128>(1) << 126; bit != 0; bit >>= 2) {
    const bool fits = x >= root + bit;
    if (fits) x -= root + bit;
    root = (root >> 1) + (fits ? bit : 0);
  }
  return static_cast<std::uint64_t>(root);
}

// Box and Muller: sqrt(-2 ln u) cos(2 pi v).
std::int64_t draw_standard_normal(env::Rng& rng) {
  const std::uint64_t exponential = minus_log(rng.next());
  const std::uint64_t angle = rng.next();
  const std::uint64_t radius =
      square_root(static_cast<env::Uint128>(exponential) * 2 << kLogBits);  // with kLogBits again
  // The highest bit is the sign, the others are the angle in a quarter turn.
  const std::uint64_t quarter =
      static_cast<std::uint64_t>(static_cast<env::Uint128>(angle << 1) * kHalfPi >> 64);
  const std::uint64_t cosine = cosine_of_quarter(quarter);
  const auto size = static_cast<std::int64_t>(fine_times(radius, cosine));
  return angle >> 63 != 0 ? -size : size;
}

}  // namespace sim
