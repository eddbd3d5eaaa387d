import Datasets
import Evaluation
import Testing

@Suite struct SimultaneousBandTests {
  // One place is Student's interval; 20,000 draws leave its quantile a few parts in a hundred.
  @Test(arguments: [4, 10]) func onePlaceIsStudentsInterval(seeds: Int) {
    var generator = Seed(3).generator(for: "test.band")
    let values = (0..<seeds).map { _ in generator.normal() }
    let band = simultaneousBand(of: [values], draws: 20_000, seed: Seed(4))
    let student = studentQuantile(0.975, degreesOfFreedom: Double(seeds - 1))
    #expect(abs(band.criticalValue / student - 1) < 0.04)
    #expect(abs(band.intervals[0].estimate - studentInterval(of: values).estimate) < 1e-15)
  }

  // Places that say the same are one place; independent ones need a wider band.
  @Test func bandWidensWithWhatThePlacesSayAnew() {
    var generator = Seed(3).generator(for: "test.band")
    let one = (0..<10).map { _ in generator.normal() }
    let others = (0..<7).map { _ in (0..<10).map { _ in generator.normal() } }
    func critical(_ differences: [[Double]]) -> Double {
      simultaneousBand(of: differences, seed: Seed(4)).criticalValue
    }
    let alone = critical([one])
    #expect(critical([one, one.map { 3 * $0 + 1 }]) == alone)
    #expect(critical([one] + others) > 1.3 * alone)
  }

  @Test func seedsWithoutAValueAreLeftOutOfTheirPlace() {
    let band = simultaneousBand(
      of: [[1, 2, 3, 6], [1, .nan, 3, 8], [5, .nan, .nan, .nan], [2, 2, 2, 2]], seed: Seed(1))
    #expect(band.intervals[0].estimate == 3 && band.intervals[1].estimate == 4)
    #expect(band.intervals[1].lower < 1 && band.intervals[2].lower.isNaN)
    #expect(band.intervals[3].lower == 2 && band.intervals[3].upper == 2)
    #expect(simultaneousBand(of: [], seed: Seed(1)).intervals.isEmpty)
  }

  /// The shares of simulated experiments in which all intervals, and in which all of Student's, hold zero.
  ///
  /// A seed's difference is a level, a slope over the places, and noise of every place.
  private func coverage(seeds: Int, places: Int = 8) -> (band: Double, student: Double) {
    var generator = Seed(5).generator(for: "test.band-coverage", index: seeds)
    let replications = 2000
    var (band, student) = (0, 0)
    for replication in 0..<replications {
      let curves = (0..<seeds).map { _ -> [Double] in
        let (level, slope) = (0.5 * generator.normal(), generator.normal())
        return (0..<places).map { place in
          level + slope * (Double(place) / Double(places - 1) - 0.5) + 0.3 * generator.normal()
        }
      }
      let differences = (0..<places).map { place in curves.map { $0[place] } }
      let found = simultaneousBand(
        of: differences, draws: 400, seed: Seed(UInt64(replication)))
      band += found.intervals.allSatisfy { $0.contains(0) } ? 1 : 0
      student += differences.allSatisfy { studentInterval(of: $0).contains(0) } ? 1 : 0
    }
    return (Double(band) / Double(replications), Double(student) / Double(replications))
  }

  // The numbers of paired seeds in use; two standard errors of 2,000 experiments are one point.
  @Test(arguments: [6, 10]) func coverageIsNominalAtTheSeedsInUse(seeds: Int) {
    let found = coverage(seeds: seeds)
    #expect(0.93 <= found.band && found.band <= 0.97, "\(found)")
    #expect(found.student < 0.91, "\(found)")
  }
}
