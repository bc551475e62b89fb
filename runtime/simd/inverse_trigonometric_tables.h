// Constants of angles. Written by tools/derive/inverse_trigonometric.py; change that, not this.
// One value per line.
// clang-format off
#ifndef QUERN_SIMD_INVERSE_TRIGONOMETRIC_TABLES_H_
#define QUERN_SIMD_INVERSE_TRIGONOMETRIC_TABLES_H_

namespace quern::inverse_trigonometric {

// arctan2(j, 15 - j).
inline constexpr double kAngle[] = {
    0x0p+0,
    0x1.24134bd36a784p-4,
    0x1.38a03609b6545p-3,
    0x1.f5b75f92c80ddp-3,
    0x1.652439d8be716p-2,
    0x1.dac670561bb4fp-2,
    0x1.2d0ead6066395p-1,
    0x1.700a7c5784634p-1,
    0x1.b434ee31013fdp-1,
    0x1.f730bd281f69bp-1,
    0x1.1b6e192ebbe44p+0,
    0x1.38d6a6ce13353p+0,
    0x1.5368c951e9cfdp+0,
    0x1.6b0bae830c07p+0,
    0x1.7fde80870c2ap+0,
    0x1.921fb54442d18p+0,
};

// What it lost.
inline constexpr double kAngleTail[] = {
    0x0p+0,
    0x1.e6499097822d9p-58,
    0x1.77d1b6141311fp-58,
    0x1.8ab6e3cf7afbdp-57,
    -0x1.70e77625e712cp-56,
    0x1.a2b7f222f65e2p-56,
    0x1.b488828b0522fp-55,
    -0x1.8c34d25aadef6p-56,
    -0x1.0520d0701d877p-55,
    0x1.007887af0cbbdp-56,
    0x1.b1b466a88828ep-54,
    -0x1.12c77e8a80f5cp-55,
    -0x1.96f47948a99f1p-54,
    -0x1.7d1ab82ffb70bp-54,
    -0x1.008d760c989abp-60,
    0x1.1a62633145c07p-54,
};

// The two interleaved: row j at 2 j.
inline constexpr double kAngleRows[] = {
    0x0p+0,
    0x0p+0,
    0x1.24134bd36a784p-4,
    0x1.e6499097822d9p-58,
    0x1.38a03609b6545p-3,
    0x1.77d1b6141311fp-58,
    0x1.f5b75f92c80ddp-3,
    0x1.8ab6e3cf7afbdp-57,
    0x1.652439d8be716p-2,
    -0x1.70e77625e712cp-56,
    0x1.dac670561bb4fp-2,
    0x1.a2b7f222f65e2p-56,
    0x1.2d0ead6066395p-1,
    0x1.b488828b0522fp-55,
    0x1.700a7c5784634p-1,
    -0x1.8c34d25aadef6p-56,
    0x1.b434ee31013fdp-1,
    -0x1.0520d0701d877p-55,
    0x1.f730bd281f69bp-1,
    0x1.007887af0cbbdp-56,
    0x1.1b6e192ebbe44p+0,
    0x1.b1b466a88828ep-54,
    0x1.38d6a6ce13353p+0,
    -0x1.12c77e8a80f5cp-55,
    0x1.5368c951e9cfdp+0,
    -0x1.96f47948a99f1p-54,
    0x1.6b0bae830c07p+0,
    -0x1.7d1ab82ffb70bp-54,
    0x1.7fde80870c2ap+0,
    -0x1.008d760c989abp-60,
    0x1.921fb54442d18p+0,
    0x1.1a62633145c07p-54,
};

// pi / 2 more.
inline constexpr double kObtuse[] = {
    0x1.921fb54442d18p+0,
    0x1.a460ea0179791p+0,
    0x1.b933bc05799c1p+0,
    0x1.d0d6a1369bd34p+0,
    0x1.eb68c3ba726dep+0,
    0x1.0468a8ace4df6p+1,
    0x1.145385fa3af71p+1,
    0x1.251279b802819p+1,
    0x1.361d162e61b8bp+1,
    0x1.46dc09ec29433p+1,
    0x1.56c6e7397f5aep+1,
    0x1.657b2e092b036p+1,
    0x1.72c43f4b1650ap+1,
    0x1.7e95b1e3a76c4p+1,
    0x1.88ff1ae5a77dcp+1,
    0x1.921fb54442d18p+1,
};

// What it lost.
inline constexpr double kObtuseTail[] = {
    0x1.1a62633145c07p-54,
    -0x1.c73903c5421ccp-54,
    -0x1.388205b5e439dp-56,
    -0x1.a23602a65700cp-57,
    -0x1.41d77a5834044p-54,
    0x1.0620bf7406affp-55,
    0x1.fa53523b6428fp-53,
    0x1.6eaa5d3534893p-55,
    0x1.4be8fd7c9b7e6p-53,
    -0x1.4afef5c5ee214p-55,
    0x1.660b64ece6f4bp-53,
    -0x1.b780ae09fd5d4p-53,
    0x1.c1b6f4f44e10bp-53,
    -0x1.8ae153fad6c11p-56,
    0x1.16602d59135ep-54,
    0x1.1a62633145c07p-53,
};

// The two interleaved: row j at 2 j.
inline constexpr double kObtuseRows[] = {
    0x1.921fb54442d18p+0,
    0x1.1a62633145c07p-54,
    0x1.a460ea0179791p+0,
    -0x1.c73903c5421ccp-54,
    0x1.b933bc05799c1p+0,
    -0x1.388205b5e439dp-56,
    0x1.d0d6a1369bd34p+0,
    -0x1.a23602a65700cp-57,
    0x1.eb68c3ba726dep+0,
    -0x1.41d77a5834044p-54,
    0x1.0468a8ace4df6p+1,
    0x1.0620bf7406affp-55,
    0x1.145385fa3af71p+1,
    0x1.fa53523b6428fp-53,
    0x1.251279b802819p+1,
    0x1.6eaa5d3534893p-55,
    0x1.361d162e61b8bp+1,
    0x1.4be8fd7c9b7e6p-53,
    0x1.46dc09ec29433p+1,
    -0x1.4afef5c5ee214p-55,
    0x1.56c6e7397f5aep+1,
    0x1.660b64ece6f4bp-53,
    0x1.657b2e092b036p+1,
    -0x1.b780ae09fd5d4p-53,
    0x1.72c43f4b1650ap+1,
    0x1.c1b6f4f44e10bp-53,
    0x1.7e95b1e3a76c4p+1,
    -0x1.8ae153fad6c11p-56,
    0x1.88ff1ae5a77dcp+1,
    0x1.16602d59135ep-54,
    0x1.921fb54442d18p+1,
    0x1.1a62633145c07p-53,
};

// (arctan t - t) / t^3, |t| <= 0.08, lowest power first: |error| at most 4.7e-21.
inline constexpr double kArctan64Polynomial[] = {
    -0x1.5555555555555p-2,
    0x1.9999999998e63p-3,
    -0x1.249249215b36ap-3,
    0x1.c71c65116a9d8p-4,
    -0x1.7450c111192d7p-4,
    0x1.3545100ef2435p-4,
};

// (arctan t - t) / t^3, |t| <= 1: |error| at most 1.1e-11.
inline constexpr double kArctan32Polynomial[] = {
    -0x1.5555552c90217p-2,
    0x1.99998367b3f74p-3,
    -0x1.2490266246fb8p-3,
    0x1.c6e6f8e0fcbe2p-4,
    -0x1.72ce7bbed0788p-4,
    0x1.33862463d1669p-4,
    -0x1.efb0222b52ccep-5,
    0x1.6923464233032p-5,
    -0x1.b15a32f6ba036p-6,
    0x1.7fdab7901ba2dp-7,
    -0x1.b0d3ad4af9ce9p-9,
    0x1.c9e46e94b53ep-12,
};

// (arcsin t - t) / t^3, |t| <= 1/2: |error| at most 1e-18.
inline constexpr double kArcsin64Polynomial[] = {
    0x1.5555555555577p-3,
    0x1.333333332e1d7p-4,
    0x1.6db6db72067c3p-5,
    0x1.f1c71a9a612bcp-6,
    0x1.6e8bde357e3ffp-6,
    0x1.1c49fd309612cp-6,
    0x1.ca1e4bde65f16p-7,
    0x1.759020e3f57d1p-7,
    0x1.60fff6c6f49f2p-7,
    0x1.e995aa7ea282cp-9,
    0x1.627f8e45fcf05p-6,
    -0x1.5667f5d274d99p-6,
    0x1.0ac783d4e1577p-5,
};

// The same for float32 results: |error| at most 1.7e-11.
inline constexpr double kArcsin32Polynomial[] = {
    0x1.555556067e4cp-3,
    0x1.3332aa553d395p-4,
    0x1.6dda9b14a90bp-5,
    0x1.ed61c01a29523p-6,
    0x1.92fe6dc4c910cp-6,
    0x1.edda10806b4ap-8,
    0x1.1b8e491cdb5bap-5,
};

// pi / 2.
inline constexpr double kRightAngle = 0x1.921fb54442d18p+0;

// What that lost.
inline constexpr double kRightAngleTail = 0x1.1a62633145c07p-54;

}  // namespace quern::inverse_trigonometric

#endif  // QUERN_SIMD_INVERSE_TRIGONOMETRIC_TABLES_H_
