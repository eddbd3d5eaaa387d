# How a training step grows; redraw with `gnuplot scaling.gp`.
set datafile separator ","
set logscale xy
set grid lc rgb "#dddddd"
set key bottom right
set format x "10^{%L}"
set format y "%g"
do for [terminal in "svg png"] {
  if (terminal eq "svg") {
    set terminal svg size 1080,380 font "Helvetica,13" background "white"
  } else {
    set terminal pngcairo size 1080,380 font "Helvetica,10" background "white"
  }
  set output "scaling." . terminal
  set multiplot layout 1,3
  do for [axis in "parameters length batch"] {
    set xlabel axis eq "parameters" ? "parameters" : axis eq "length" ? "tokens of a sequence, 1024 tokens in all" : "sequences of 64 tokens"
    set format x axis eq "parameters" ? "10^{%L}" : "%g"
    set ylabel axis eq "parameters" ? "milliseconds; megabytes" : ""
    plot "scaling.csv" using (strcol(1) eq axis ? $2 : NaN):($4 * 1e3) with linespoints lw 2 pt 7 lc rgb "#0072B2" title "milliseconds a step", \
         "" using (strcol(1) eq axis ? $2 : NaN):($5 / 1e6) with linespoints lw 2 pt 5 lc rgb "#D55E00" title "megabytes of buffers", \
         "" using (strcol(1) eq axis ? $2 : NaN):($6 / 1e6) with lines dt 2 lw 1.5 lc rgb "#555555" title "megabytes planned"
  }
  unset multiplot
}
