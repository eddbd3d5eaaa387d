import Evaluation
import TensorKernels
import Testing

@Suite struct MomentsTests {
  static let values = [3.1, -2, 7.5, 0.4, 12, 1.1, 5.5]

  // Made with scipy 1.17.1 and NumPy 2.4.6: np.std(ddof=1), st.sem, st.iqr, np.percentile,
  // st.median_abs_deviation.
  @Test func spreadsAreThoseOfSciPy() {
    #expect(abs(standardDeviation(of: Self.values) - 4.772440725267363) < 1e-14)
    #expect(abs(standardError(of: Self.values) - 1.803813043693453) < 1e-14)
    #expect(abs(interquartileRange(of: Self.values) - 5.75) < 1e-14)
    #expect(abs(quantile(0.05, of: Self.values) + 1.28) < 1e-14)
    #expect(abs(medianAbsoluteDeviation(of: Self.values) - 2.7) < 1e-14)
  }

  // scipy 1.17.1: st.trim_mean(values[:n], 0.25); the number cut at each end is int(n/4).
  @Test(arguments: [
    (3, 2.8666666666666667), (4, 1.75), (5, 3.6666666666666665), (6, 3.025), (7, 3.52),
  ])
  func interquartileMeanCutsWholeValuesAsSciPyDoes(count: Int, expected: Double) {
    #expect(abs(interquartileMean(of: Array(Self.values.prefix(count))) - expected) < 1e-14)
  }

  @Test func trimmedMeanWithoutTrimmingIsTheMean() {
    #expect(abs(trimmedMean(of: Self.values, cutting: 0) - 27.6 / 7) < 1e-14)
  }

  @Test func quantilesReachTheEnds() {
    #expect(quantile(0, of: Self.values) == -2)
    #expect(quantile(1, of: Self.values) == 12)
    #expect(median(of: [4, 1, 3, 2]) == 2.5)
    #expect(median(of: [4]) == 4)
  }

  @Test func tooFewValuesGiveNaNInsteadOfANumber() {
    #expect(mean(of: []).isNaN)
    #expect(quantile(0.5, of: []).isNaN)
    #expect(sampleVariance(of: [1]).isNaN)
    #expect(standardError(of: [1]).isNaN)
  }
}
