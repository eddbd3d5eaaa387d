# Draws reward-calibration.svg and reward-calibration.png from reward-calibration.csv:  gnuplot reward-calibration.gp
set datafile separator ","
set title "Reward model: is 70 % really 70 %?" font ",13"
set xlabel "predicted probability that the first completion wins"
set ylabel "share that won"
set border 3 lc rgb "#666666"
set tics nomirror out
set grid lc rgb "#e4e4e4" lw 1
set key outside right top vertical Left reverse samplen 2
set style fill transparent solid 0.18 noborder
set xtics auto
data = "reward-calibration.csv"
set terminal svg size 760,420 font "Helvetica,12" name "reward_calibration" background rgb "white"
set output "reward-calibration.svg"
plot data using ($1==0?$2:1/0):($1==0?$3:1/0) skip 1 with lines lw 1.5 dt 2 lc rgb "#999999" title "calibrated", \
  data using ($1==1?$2:1/0):($1==1?$3:1/0) skip 1 with points pt 7 ps 0.4 lc rgb "#0072B2" title "a bin of one seed"
set terminal pngcairo size 1140,630 font "Helvetica,15"
set output "reward-calibration.png"
replot
